package io.bifocal.dataplane.host;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;

/**
 * What {@code /clusters} shows of a host; sharded like all statistics, but not in {@code /stats}.
 */
public record HostStats(
    Counter cxTotal,
    Gauge cxActive,
    Counter cxConnectFail,
    Counter rqTotal,
    Gauge rqActive,
    Counter rqSuccess,
    Counter rqError,
    Counter rqTimeout) {

  /** Of a host of which nothing was counted yet; to be read only. */
  static final HostStats NONE = in(new StatsStore(0).unlisted());

  /** Statistics in a scope of their own, which is not the proxy's. */
  public static HostStats in(Scope scope) {
    return new HostStats(
        scope.counter("cx_total"),
        scope.gauge("cx_active"),
        scope.counter("cx_connect_fail"),
        scope.counter("rq_total"),
        scope.gauge("rq_active"),
        scope.counter("rq_success"),
        scope.counter("rq_error"),
        scope.counter("rq_timeout"));
  }
}
