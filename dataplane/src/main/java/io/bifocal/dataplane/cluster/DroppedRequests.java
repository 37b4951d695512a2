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
  private static final Scope SCOPE = new StatsStore(0).unlisted();

  /** Where nobody reads. */
  static final DroppedRequests UNREAD = unlisted();

  /** Statistics that are shown in load reports only. */
  static DroppedRequests unlisted() {
    return new DroppedRequests(
        SCOPE.counter("upstream_rq_dropped"), SCOPE.counter("upstream_rq_drop_overload"));
  }
}
