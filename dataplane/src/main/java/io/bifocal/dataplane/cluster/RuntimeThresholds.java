package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.pool.CircuitBreakers.RetryBudget;
import io.bifocal.dataplane.pool.CircuitBreakers.Thresholds;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's limits for one priority as the runtime has them, and as they are configured where it
 * has none: {@code circuit_breakers.<cluster>.<priority>.<field>}. They are looked up when the
 * runtime has changed. Any thread may ask.
 */
final class RuntimeThresholds implements Supplier<Thresholds> {
  private static final String PREFIX = "circuit_breakers.";

  private final Thresholds configured;
  private final RuntimeReader runtime;
  private final String cluster;
  private final String priority;
  private volatile Found last;

  /** What one runtime has made of them. */
  private record Found(RuntimeSnapshot from, Thresholds thresholds) {}

  RuntimeThresholds(Thresholds configured, RuntimeReader runtime, String cluster, String priority) {
    this.configured = configured;
    this.runtime = runtime;
    this.cluster = cluster;
    this.priority = priority;
    this.last = new Found(RuntimeSnapshot.EMPTY, configured);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // a snapshot is immutable: the same one means no change
  public Thresholds get() {
    RuntimeSnapshot now = runtime.snapshot();
    Found found = last;
    if (found.from != now) {
      found = new Found(now, lookUp(now));
      last = found;
    }
    return found.thresholds;
  }

  private Thresholds lookUp(RuntimeSnapshot now) {
    if (!now.names(PREFIX)) {
      return configured; // of thousands of clusters none is named
    }
    String mine = PREFIX + cluster + "." + priority + ".";
    return new Thresholds(
        limit(now, mine + "max_connections", configured.connections()),
        limit(now, mine + "max_pending_requests", configured.pendingRequests()),
        limit(now, mine + "max_requests", configured.requests()),
        limit(now, mine + "max_retries", configured.retries()),
        limit(now, mine + "max_connection_pools", configured.pools()),
        configured.connectionsPerHost(),
        budget(now, mine + "retry_budget."),
        configured.trackRemaining());
  }

  // Either key makes one.
  private @Nullable RetryBudget budget(RuntimeSnapshot now, String mine) {
    String percent = mine + "budget_percent";
    String least = mine + "min_retry_concurrency";
    RetryBudget budget = configured.retryBudget();
    if (now.text(percent) == null && now.text(least) == null) {
      return budget;
    }
    RetryBudget otherwise = budget == null ? BreakerLimits.DEFAULT_BUDGET : budget;
    return new RetryBudget(
        now.real(percent, otherwise.percent()), limit(now, least, otherwise.minConcurrency()));
  }

  private static int limit(RuntimeSnapshot now, String key, int otherwise) {
    return (int) Math.min(Integer.MAX_VALUE, now.number(key, otherwise));
  }
}
