package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What the router's own logs have of one try. Source: Envoy's {@code UpstreamRequest::upstreamLog}.
 */
final class TryLog {
  final StreamInfo info = new StreamInfo();
  private final UpstreamLogs logs;
  private final Loop loop;
  private Loop.@Nullable Timer periodic;
  private boolean over;

  TryLog(UpstreamLogs logs, Loop loop, StreamInfo whole, Host host) {
    this.logs = logs;
    this.loop = loop;
    info.startNanos = loop.nanoTime();
    info.startEpochMillis = loop.wallTime().toEpochMilli();
    info.connection = whole.connection;
    info.connectionId = whole.connectionId;
    info.downstreamRemote = whole.downstreamRemote;
    info.downstreamLocal = whole.downstreamLocal;
    info.downstreamDirectRemote = whole.downstreamDirectRemote;
    info.downstreamBytes = whole.downstreamBytes;
    info.downstreamTls = whole.downstreamTls;
    info.requestedServerName = whole.requestedServerName;
    info.method = whole.method;
    info.path = whole.path;
    info.authority = whole.authority;
    info.scheme = whole.scheme;
    info.requestHeaders = whole.requestHeaders;
    info.route = whole.route;
    info.routeName = whole.routeName;
    info.upstreamCluster = whole.upstreamCluster;
    info.cluster = whole.cluster;
    info.healthCheck = whole.healthCheck;
    info.upstreamHost = host;
    watch();
  }

  private void watch() {
    if (!logs.interval().isZero()) {
      periodic =
          loop.schedule(
              logs.interval(),
              () -> {
                log(LogType.UPSTREAM_PERIODIC);
                watch();
              });
    }
  }

  /** It has its connection, of which {@link #info} tells by now. */
  void ready() {
    if (logs.onReady()) {
      log(LogType.UPSTREAM_POOL_READY);
    }
  }

  /** Its answer has begun. */
  void answered(int status, HttpHeaders headers) {
    info.responseCode = status;
    info.responseHeaders = headers.copy();
  }

  void flag(ResponseFlag flag) {
    info.flag(flag);
  }

  /** It is over, however. */
  void end() {
    if (over) {
      return;
    }
    over = true;
    if (periodic != null) {
      periodic.cancel();
      periodic = null;
    }
    info.endNanos = loop.nanoTime();
    log(LogType.UPSTREAM_END);
  }

  private void log(LogType type) {
    info.logType = type;
    for (int i = 0; i < logs.logs().size(); i++) {
      logs.logs().get(i).log(info);
    }
  }
}
