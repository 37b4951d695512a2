package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.stats.StatsStore;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Statistics of clusters that are gone. They are forgotten when no worker counts for them any
 * longer; a cluster whose name has dots may lie below one of them, and then they wait for its end.
 */
final class GoneStats {
  private final StatsStore stats;
  private final Set<String> names = new HashSet<>();

  GoneStats(StatsStore stats) {
    this.stats = stats;
  }

  void add(ManagedCluster gone) {
    names.add(gone.statName());
  }

  /** Forgets what none of these uses. */
  void forget(Stream<ManagedCluster> clusters) {
    if (names.isEmpty()) {
      return;
    }
    NavigableSet<String> used = new TreeSet<>();
    clusters.forEach(cluster -> used.add(cluster.statName() + "."));
    names.removeIf(
        name -> {
          String next = used.ceiling(name + ".");
          boolean shared = next != null && next.startsWith(name + ".");
          if (!shared) {
            ClusterStats.scope(stats, name).remove();
          }
          return !shared || next.equals(name + ".");
        });
  }
}
