package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import org.jspecify.annotations.Nullable;

/**
 * How many requests of a cluster had been dropped at one time.
 *
 * @param from where they are counted: another incarnation of a cluster begins anew
 * @param category as what those of {@code drop_overloads} are told; empty while there is none
 */
record ClusterDrops(DroppedRequests from, String category, long all, long overload) {
  static ClusterDrops of(ManagedCluster cluster) {
    DroppedRequests counted = cluster.dropped();
    DropOverload drops = cluster.hosts().drops();
    return new ClusterDrops(
        counted,
        drops == null ? "" : drops.category(),
        counted.all().value(),
        counted.overload().value());
  }

  /** Tells what came to it since. */
  void tell(@Nullable ClusterDrops last, ClusterStats.Builder stats) {
    ClusterDrops before =
        last == null || !last.from.equals(from) ? new ClusterDrops(from, category, 0, 0) : last;
    stats.setTotalDroppedRequests(all - before.all);
    if (overload > before.overload) {
      stats
          .addDroppedRequestsBuilder()
          .setCategory(category.isEmpty() ? before.category : category)
          .setDroppedCount(overload - before.overload);
    }
  }
}
