package io.bifocal.dataplane.http.filter.healthcheck;

import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import java.util.Map;
import java.util.SortedMap;

/**
 * How many members of clusters must be healthy.
 *
 * @param stats where they are counted
 * @param least percentages by the names of clusters
 */
record Members(StatsStore stats, SortedMap<String, Integer> least) {
  /** What one look at all clusters found. */
  enum Finding {
    ENOUGH("health_check_ok_cluster_healthy"),
    NO_CLUSTER("health_check_failed_no_cluster_found"),
    EMPTY_CLUSTER("health_check_failed_cluster_empty"),
    UNHEALTHY("health_check_failed_cluster_unhealthy");

    final String details;

    Finding(String details) {
      this.details = details;
    }
  }

  Finding look(FilterStream stream) {
    for (Map.Entry<String, Integer> entry : least.entrySet()) {
      Finding finding = look(stream, entry.getKey(), entry.getValue());
      if (finding != Finding.ENOUGH) {
        return finding;
      }
    }
    return Finding.ENOUGH;
  }

  private Finding look(FilterStream stream, String cluster, int percentage) {
    if (!stream.hasCluster(cluster)) {
      return Finding.NO_CLUSTER;
    }
    Scope scope = stats.root().tagged("cluster", "envoy.cluster_name", cluster.replace(':', '_'));
    long total = scope.gauge("membership_total").value();
    if (total == 0) {
      return percentage == 0 ? Finding.ENOUGH : Finding.EMPTY_CLUSTER;
    }
    long able =
        scope.gauge("membership_healthy").value() + scope.gauge("membership_degraded").value();
    return 100 * able >= total * percentage ? Finding.ENOUGH : Finding.UNHEALTHY;
  }
}
