package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.stream.ConnectionIds;
import io.bifocal.dataplane.stream.LogType;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Worker;

/** From accept to close, for a listener's limits, statistics and its own access log. */
final class ConnectionLife {
  private final ListenerVersion version;
  private final Worker worker;
  private final StreamInfo info = new StreamInfo();
  private boolean counted;
  private boolean over;

  ConnectionLife(ListenerVersion version, Worker worker) {
    this.version = version;
    this.worker = worker;
    info.connectionId = ConnectionIds.next();
    info.listener = version.config().proto();
    info.logType = LogType.NOT_SET;
    info.startEpochMillis = worker.loop().wallTime().toEpochMilli();
    info.startNanos = worker.loop().nanoTime();
  }

  StreamInfo info() {
    return info;
  }

  /** A filter chain takes it. */
  void count() {
    counted = true;
    version.stats().accepted(worker);
  }

  /** Another listener goes on with it, and tells of it. */
  void handOver() {
    over = true;
    version.limits().close();
  }

  /** The connection is closed. */
  void end() {
    if (over) {
      return;
    }
    over = true;
    version.limits().close();
    info.endOwnUpstreams();
    if (info.endNanos < 0) {
      info.endNanos = worker.loop().nanoTime();
    }
    if (counted) {
      version.stats().closed(worker, info.endNanos - info.startNanos);
    }
    version.accessLogs().forEach(l -> l.log(info));
  }
}
