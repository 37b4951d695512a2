package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;

/** What the control loop counts of one cluster: {@code cluster.<name>.*}. */
final class ClusterStats {
  final Counter updateEmpty;
  final Counter updateNoRebuild;
  final Counter membershipChange;
  final Counter assignmentStale;
  final Counter assignmentTimeoutReceived;
  final Counter assignmentUseCached;
  private final Gauge warmingState;
  private final Gauge total;
  private final Gauge healthy;
  private final Gauge degraded;

  ClusterStats(Scope scope) {
    updateEmpty = scope.counter("update_empty");
    updateNoRebuild = scope.counter("update_no_rebuild");
    membershipChange = scope.counter("membership_change");
    assignmentStale = scope.counter("assignment_stale");
    assignmentTimeoutReceived = scope.counter("assignment_timeout_received");
    assignmentUseCached = scope.counter("assignment_use_cached");
    warmingState = scope.gauge("warming_state");
    total = scope.gauge("membership_total");
    healthy = scope.gauge("membership_healthy");
    degraded = scope.gauge("membership_degraded");
    scope.gauge("membership_excluded").set(0);
  }

  /** Where a cluster's statistics are. */
  static Scope scope(StatsStore store, ClusterConfig config) {
    return store
        .root()
        .tagged("cluster", "envoy.cluster_name", statName(config.observabilityName()));
  }

  /** A name as part of a statistic's name: Envoy writes its colons as underscores. */
  static String statName(String name) {
    return name.replace(':', '_');
  }

  void warming(boolean warming) {
    warmingState.set(warming ? 1 : 0);
  }

  void members(Hosts hosts) {
    total.set(hosts.total());
    healthy.set(hosts.with(Host.Health.HEALTHY));
    degraded.set(hosts.with(Host.Health.DEGRADED));
  }
}
