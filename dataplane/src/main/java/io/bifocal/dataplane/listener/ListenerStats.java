package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a listener counts ({@code listener.<address>.*}); the methods belong to the workers. */
final class ListenerStats {
  private final Histogram length;
  private final List<OnWorker> onWorkers = new ArrayList<>();
  private final List<OfQuic> ofQuic = new ArrayList<>();

  private record OnWorker(
      Cell total,
      Cell active,
      Cell destroy,
      Cell noMatch,
      Cell timeout,
      Cell overflow,
      Cell globalOverflow,
      Cell overloadReject,
      Cell preActive,
      Cell preTimeout,
      Cell remoteClose,
      Cell workerTotal,
      Cell workerActive) {}

  /**
   * One worker's part of what is counted of QUIC alone ({@code listener.<address>.quic.*}); Envoy
   * has nothing like it.
   */
  record OfQuic(Cell handshakes, Cell refused, Cell retries, Cell dropped) {
    void handshakeBegan() {
      handshakes.inc();
    }

    void handshakeOver() {
      handshakes.dec();
    }

    /** So many are under way that another one is not begun. */
    void handshakeRefused() {
      refused.inc();
    }

    /** A client must prove its address. */
    void retry() {
      retries.inc();
    }

    /** So many wait for another worker that another one finds no room. */
    void datagramDropped() {
      dropped.inc();
    }
  }

  ListenerStats(Scope scope, Workers workers, boolean quic) {
    Counter total = scope.counter("downstream_cx_total");
    Gauge active = scope.gauge("downstream_cx_active");
    Counter destroy = scope.counter("downstream_cx_destroy");
    Counter noMatch = scope.counter("no_filter_chain_match");
    Counter timeout = scope.counter("downstream_cx_transport_socket_connect_timeout");
    Counter overflow = scope.counter("downstream_cx_overflow");
    Counter globalOverflow = scope.counter("downstream_global_cx_overflow");
    Counter overloadReject = scope.counter("downstream_cx_overload_reject");
    Gauge preActive = scope.gauge("downstream_pre_cx_active");
    Counter preTimeout = scope.counter("downstream_pre_cx_timeout");
    Counter remoteClose = scope.counter("downstream_listener_filter_remote_close");
    length = scope.histogram("downstream_cx_length_ms", Histogram.Unit.MILLISECONDS);
    for (Worker worker : workers) {
      int shard = worker.shard();
      Scope own = scope.scope("worker_" + (shard - 1));
      onWorkers.add(
          new OnWorker(
              total.at(shard),
              active.at(shard),
              destroy.at(shard),
              noMatch.at(shard),
              timeout.at(shard),
              overflow.at(shard),
              globalOverflow.at(shard),
              overloadReject.at(shard),
              preActive.at(shard),
              preTimeout.at(shard),
              remoteClose.at(shard),
              own.counter("downstream_cx_total").at(shard),
              own.gauge("downstream_cx_active").at(shard)));
    }
    if (quic) {
      countQuic(scope.scope("quic"), workers);
    }
  }

  private void countQuic(Scope scope, Workers workers) {
    Gauge handshakes = scope.gauge("handshakes_active");
    Counter refused = scope.counter("handshakes_refused");
    Counter retries = scope.counter("retries");
    Counter dropped = scope.counter("datagrams_dropped");
    for (Worker worker : workers) {
      int shard = worker.shard();
      ofQuic.add(
          new OfQuic(
              handshakes.at(shard), refused.at(shard), retries.at(shard), dropped.at(shard)));
    }
  }

  /** Of a listener of QUIC. */
  OfQuic quic(Worker worker) {
    return ofQuic.get(worker.shard() - 1);
  }

  void accepted(Worker worker) {
    OnWorker cells = at(worker);
    cells.total.inc();
    cells.active.inc();
    cells.workerTotal.inc();
    cells.workerActive.inc();
  }

  void closed(Worker worker, long nanos) {
    OnWorker cells = at(worker);
    cells.active.dec();
    cells.workerActive.dec();
    cells.destroy.inc();
    length.record(worker.shard(), Duration.ofNanos(nanos).toMillis());
  }

  void unmatched(Worker worker) {
    at(worker).noMatch.inc();
  }

  /** A limit is reached. */
  void refused(Worker worker, ConnectionLimits.Reached limit) {
    OnWorker cells = at(worker);
    switch (limit) {
      case GLOBAL -> cells.globalOverflow.inc();
      case LISTENER -> cells.overflow.inc();
      case OVERLOAD -> cells.overloadReject.inc();
      case NONE -> {}
    }
  }

  /** Listener filters begin to look at a connection. */
  void inspecting(Worker worker) {
    at(worker).preActive.inc();
  }

  /** They are done, whatever came of it. */
  void inspected(Worker worker) {
    at(worker).preActive.dec();
  }

  void inspectionTimedOut(Worker worker) {
    at(worker).preTimeout.inc();
  }

  /** A client closed before they were done. */
  void leftEarly(Worker worker) {
    at(worker).remoteClose.inc();
  }

  /** A client took too long to be ready. */
  void timedOut(Worker worker) {
    at(worker).timeout.inc();
  }

  private OnWorker at(Worker worker) {
    return onWorkers.get(worker.shard() - 1);
  }
}
