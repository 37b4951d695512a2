package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Worker;

/** From accept to close, for the listener's statistics and its own access log. */
final class ConnectionLife {
  private final ListenerVersion version;
  private final Worker worker;
  private final StreamInfo info = new StreamInfo();

  ConnectionLife(ListenerVersion version, Worker worker, long id) {
    this.version = version;
    this.worker = worker;
    info.connectionId = id;
    info.startEpochMillis = worker.loop().wallTime().toEpochMilli();
    info.startNanos = worker.loop().nanoTime();
  }

  StreamInfo info() {
    return info;
  }

  void begin(Address local, Address remote, String chain) {
    info.downstreamLocal = local;
    info.downstreamRemote = remote;
    info.filterChainName = chain;
  }

  /** The transport socket did not come about. */
  void failed(String reason) {
    info.downstreamTransportFailureReason = reason;
  }

  void end() {
    if (info.endNanos < 0) {
      info.endNanos = worker.loop().nanoTime();
    }
    version.stats().closed(worker, info.endNanos - info.startNanos);
    version.accessLogs().forEach(l -> l.log(info));
  }
}
