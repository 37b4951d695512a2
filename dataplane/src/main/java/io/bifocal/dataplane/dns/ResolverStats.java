package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;

/**
 * {@code dns.cares.*}, as Envoy names it; a step of a look-up counts once. Written on the control
 * loop.
 */
final class ResolverStats {
  private final Counter resolveTotal;
  private final Gauge pendingResolutions;
  private final Gauge waitingResolutions;
  private final Counter notFound;
  private final Counter timeouts;
  private final Counter getAddrFailure;

  ResolverStats(Scope root) {
    Scope scope = root.scope("dns.cares");
    resolveTotal = scope.counter("resolve_total");
    pendingResolutions = scope.gauge("pending_resolutions");
    waitingResolutions = scope.gauge("waiting_resolutions");
    notFound = scope.counter("not_found");
    timeouts = scope.counter("timeouts");
    getAddrFailure = scope.counter("get_addr_failure");
  }

  void began() {
    pendingResolutions.add(1);
  }

  void ended() {
    pendingResolutions.add(-1);
  }

  /** Those of the pending ones that wait for their turn. */
  void waiting(int change) {
    waitingResolutions.add(change);
  }

  void timedOut() {
    timeouts.inc();
  }

  void stepEnded(Resolution step) {
    resolveTotal.inc();
    if (!step.records().isEmpty()) {
      return;
    }
    if (step.failure().isEmpty()) {
      notFound.inc();
    } else if (step.failure().get().cause() != Answer.Cause.TIMEOUT) {
      getAddrFailure.inc();
    }
  }
}
