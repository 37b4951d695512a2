package io.bifocal.dataplane.http.filter.healthcheck;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;

/** {@code http.<stat_prefix>.health_check.*}: the checks that were answered here. */
record HealthCheckStats(
    Counter total,
    Counter ok,
    Counter failed,
    Counter cached,
    Counter degraded,
    Counter clusterNotFound,
    Counter clusterEmpty,
    Counter clusterUnhealthy) {
  static HealthCheckStats in(Scope http) {
    Scope scope = http.scope("health_check");
    return new HealthCheckStats(
        scope.counter("request_total"),
        scope.counter("ok"),
        scope.counter("failed"),
        scope.counter("cached_response"),
        scope.counter("degraded"),
        scope.counter("failed_cluster_not_found"),
        scope.counter("failed_cluster_empty"),
        scope.counter("failed_cluster_unhealthy"));
  }
}
