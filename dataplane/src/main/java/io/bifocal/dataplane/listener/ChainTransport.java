package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The transport sockets of a filter chain, of all workers.
 *
 * @param timeout how long a client may take until its socket is ready
 */
record ChainTransport(
    DownstreamSocketFactory factory, List<TransportSocket> sockets, Duration timeout) {
  /**
   * How long where nothing is configured: as long as Envoy's filters let a connection be idle that
   * says nothing.
   */
  static final Duration DEFAULT_TIMEOUT = Duration.ofHours(1);

  static ChainTransport of(
      DownstreamSocketFactory factory, Scope listener, Workers workers, Duration timeout) {
    List<TransportSocket> sockets = new ArrayList<>();
    workers.forEach(worker -> sockets.add(factory.on(listener, worker.shard())));
    return new ChainTransport(factory, List.copyOf(sockets), timeout);
  }

  TransportSocket on(Worker worker) {
    return sockets.get(worker.shard() - 1);
  }

  /** Whether clients must speak TLS, or what else there may be. */
  boolean secure() {
    return !factory.equals(DownstreamSocketFactory.PLAIN);
  }
}
