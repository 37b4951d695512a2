package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.pool.MessageSizes;
import io.bifocal.dataplane.pool.TimeoutBudgets;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;

/**
 * Which statistics a cluster has only if they are asked for. Source: {@code track_cluster_stats}
 * and the older {@code track_timeout_budgets}.
 */
record TrackedStats(boolean budgets, boolean sizes) {
  @SuppressWarnings("deprecation") // which configurations still use
  static TrackedStats of(Cluster cluster) {
    return new TrackedStats(
        cluster.getTrackTimeoutBudgets() || cluster.getTrackClusterStats().getTimeoutBudgets(),
        cluster.getTrackClusterStats().getRequestResponseSizes());
  }

  /** A worker keeps them. */
  void on(UpstreamStats stats) {
    if (budgets) {
      stats.recordBudgets();
    }
    if (sizes) {
      stats.recordSizes();
    }
  }

  /** Lists them, though no worker may ever use the cluster. */
  void list(Scope cluster) {
    if (budgets) {
      var unused = new TimeoutBudgets(cluster, StatsStore.CONTROL);
    }
    if (sizes) {
      var unused = new MessageSizes(cluster, StatsStore.CONTROL);
    }
  }
}
