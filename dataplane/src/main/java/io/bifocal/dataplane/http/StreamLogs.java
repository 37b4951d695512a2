package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes a connection's requests to the access logs: at their end, and before, where wanted. */
final class StreamLogs {
  private final HttpConnection connection;
  // Null when it is the end alone.
  private final HttpSettings.@Nullable LogTimes times;

  StreamLogs(HttpConnection connection) {
    this.connection = connection;
    this.times = connection.settings.logTimes();
  }

  /** A request is over, of which {@code info} has all. */
  void log(StreamInfo info) {
    List<AccessLog> logs = connection.manager.logs();
    for (int i = 0; i < logs.size(); i++) {
      logs.get(i).log(info);
    }
  }

  /** One's route has been looked for: with it Envoy knows the cluster, and tells of it. */
  void routed(StreamInfo info, @Nullable Route route, StreamDeadlines deadlines, long now) {
    if (times == null) {
      return;
    }
    info.upstreamCluster = route == null ? "" : route.clusterName();
    if (times.onNewRequest()) {
      early(LogType.DOWNSTREAM_START, info, now);
    }
    deadlines.log(now, times.interval());
  }

  /** The tunnel is there that was asked for. */
  void tunnel(StreamInfo info, long now) {
    if (times != null && times.onTunnel()) {
      early(LogType.DOWNSTREAM_TUNNEL_SUCCESSFULLY_ESTABLISHED, info, now);
    }
  }

  /** One is still under way. */
  void periodic(StreamInfo info, StreamDeadlines deadlines) {
    long now = connection.loop.nanoTime();
    early(LogType.DOWNSTREAM_PERIODIC, info, now);
    deadlines.log(now, times == null ? 0 : times.interval());
  }

  private void early(LogType type, StreamInfo info, long now) {
    info.logType = type;
    info.endNanos = now;
    log(info);
    info.endNanos = -1;
    info.logType = LogType.DOWNSTREAM_END;
  }
}
