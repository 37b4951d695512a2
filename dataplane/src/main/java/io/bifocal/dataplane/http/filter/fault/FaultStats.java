package io.bifocal.dataplane.http.filter.fault;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;

/** {@code http.<stat_prefix>.fault.*}. */
final class FaultStats {
  final Counter delays;
  final Counter aborts;
  final Counter slowed;
  final Counter overflow;
  final Gauge active;
  private final Scope scope;

  FaultStats(Scope scope) {
    this.scope = scope;
    delays = scope.counter("delays_injected");
    aborts = scope.counter("aborts_injected");
    slowed = scope.counter("response_rl_injected");
    overflow = scope.counter("faults_overflow");
    active = scope.gauge("active_faults");
  }

  /** Those of requests from one cluster, {@code http.<stat_prefix>.fault.<cluster>.*}. */
  Counter from(String downstreamCluster, String name) {
    return scope.scope(downstreamCluster).counter(name);
  }
}
