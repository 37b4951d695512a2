package io.bifocal.dataplane.http.filter.ondemand;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;

/**
 * {@code http.<stat_prefix>.on_demand.*}.
 *
 * @param requests requests that had to wait
 * @param waiting those that wait now
 * @param timeout those that went on because no answer came in time
 */
record OnDemandStats(Counter requests, Gauge waiting, Counter timeout) {
  static OnDemandStats in(Scope http) {
    Scope scope = http.scope("on_demand");
    return new OnDemandStats(
        scope.counter("rq_total"), scope.gauge("rq_waiting"), scope.counter("rq_timeout"));
  }
}
