package io.bifocal.dataplane.http.filter.localratelimit;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;

/** {@code <stat_prefix>.http_local_rate_limit.*}. */
record LimitStats(Counter enabled, Counter enforced, Counter limited, Counter ok) {
  static LimitStats in(Scope root, String prefix) {
    Scope scope = root.scope(prefix + ".http_local_rate_limit");
    scope.counter("shadow_mode");
    return new LimitStats(
        scope.counter("enabled"),
        scope.counter("enforced"),
        scope.counter("rate_limited"),
        scope.counter("ok"));
  }
}
