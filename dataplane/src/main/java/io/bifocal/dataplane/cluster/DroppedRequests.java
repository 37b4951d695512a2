package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;

/**
 * Requests of a cluster that were answered here because there were too many, for load reports.
 * Source: Envoy's {@code ClusterLoadReportStats}.
 *
 * @param all whatever dropped them
 * @param overload those of {@link DropOverload}
 */
public record DroppedRequests(Counter all, Counter overload) {
  /** Where nobody reads. */
  static final DroppedRequests UNREAD = unlisted();

  /** Statistics that are shown in load reports only. */
  static DroppedRequests unlisted() {
    Scope scope = new StatsStore(0).unlisted();
    return new DroppedRequests(
        scope.counter("upstream_rq_dropped"), scope.counter("upstream_rq_drop_overload"));
  }
}
