package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;

/** What is counted of all clusters: {@code cluster_manager.*}. */
final class ManagerStats {
  final Counter added;
  final Counter modified;
  final Counter removed;
  final Counter updated;
  private final Gauge active;
  private final Gauge warming;

  ManagerStats(Scope root) {
    Scope scope = root.scope("cluster_manager");
    added = scope.counter("cluster_added");
    modified = scope.counter("cluster_modified");
    removed = scope.counter("cluster_removed");
    updated = scope.counter("cluster_updated");
    active = scope.gauge("active_clusters");
    warming = scope.gauge("warming_clusters");
    scope.counter("cluster_updated_via_merge").add(0);
  }

  void clusters(int activeClusters, int warmingClusters) {
    active.set(activeClusters);
    warming.set(warmingClusters);
  }
}
