package io.bifocal.dataplane.http;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import java.time.Instant;

/** What Envoy counts of scopes: {@code http.<stat_prefix>.scoped_rds.<name>.*}. */
final class ScopeStats {
  private final Counter reload;
  private final Gauge reloadTime;
  private final Gauge all;
  private final Gauge onDemand;
  private final Gauge active;
  private final Counter refused;

  ScopeStats(Scope scope) {
    reload = scope.counter("config_reload");
    reloadTime = scope.gauge("config_reload_time_ms");
    all = scope.gauge("all_scopes");
    onDemand = scope.gauge("on_demand_scopes");
    active = scope.gauge("active_scopes");
    refused = scope.counter("on_demand_refused");
  }

  void reloaded(Instant now) {
    reload.inc();
    reloadTime.set(now.toEpochMilli());
  }

  /** The routes of a scope could not be asked for; Envoy has no such statistic. */
  void refused() {
    refused.inc();
  }

  /**
   * How many there are now.
   *
   * @param loaded those whose routes come by RDS and were asked for
   */
  void scopes(long count, long lazy, long loaded) {
    all.set(count);
    onDemand.set(lazy);
    active.set(loaded);
  }
}
