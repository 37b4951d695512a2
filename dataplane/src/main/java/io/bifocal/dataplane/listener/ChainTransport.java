package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.overload.ReducedTimeouts;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig.TimerType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The transport sockets of a filter chain, of all workers.
 *
 * @param timeout how long a client may take until its socket is ready
 * @param reduced what becomes of that when resources run short; null for nothing
 */
record ChainTransport(
    DownstreamSocketFactory factory,
    List<TransportSocket> sockets,
    Duration timeout,
    @Nullable ReducedTimeouts reduced) {
  /**
   * How long where nothing is configured: as long as Envoy's filters let a connection be idle that
   * says nothing.
   */
  static final Duration DEFAULT_TIMEOUT = Duration.ofHours(1);

  static ChainTransport of(
      DownstreamSocketFactory factory,
      Scope listener,
      Workers workers,
      Duration timeout,
      @Nullable ReducedTimeouts reduced) {
    List<TransportSocket> sockets = new ArrayList<>();
    workers.forEach(worker -> sockets.add(factory.on(listener, worker.shard())));
    return new ChainTransport(factory, List.copyOf(sockets), timeout, reduced);
  }

  /** Runs {@code task} when a client of the worker's takes too long. */
  Loop.Timer awaitReady(Worker worker, Runnable task) {
    return reduced == null
        ? worker.loop().schedule(timeout, task)
        : reduced.on(worker).schedule(TimerType.TRANSPORT_SOCKET_CONNECT, timeout, task);
  }

  TransportSocket on(Worker worker) {
    return sockets.get(worker.shard() - 1);
  }

  /** Whether clients must speak TLS, or what else there may be. */
  boolean secure() {
    return !factory.equals(DownstreamSocketFactory.PLAIN);
  }
}
