package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;

/**
 * What one worker records of how much of their timeouts a cluster's requests need, in percent.
 * Source: {@code Cluster.track_cluster_stats.timeout_budgets}.
 */
public final class TimeoutBudgets {
  private final int shard;
  private final Histogram whole;
  private final Histogram perTry;

  /** Made where they are listed from then on. */
  public TimeoutBudgets(Scope cluster, int shard) {
    this.shard = shard;
    whole =
        cluster.histogram("upstream_rq_timeout_budget_percent_used", Histogram.Unit.UNSPECIFIED);
    perTry =
        cluster.histogram(
            "upstream_rq_timeout_budget_per_try_percent_used", Histogram.Unit.UNSPECIFIED);
  }

  /**
   * A request is over.
   *
   * @param timeout in milliseconds; 0 for none
   */
  public void used(long millis, long timeout) {
    whole.record(shard, percent(millis, timeout));
  }

  /** The same of a try. */
  public void usedByTry(long millis, long timeout) {
    perTry.record(shard, percent(millis, timeout));
  }

  private static long percent(long millis, long timeout) {
    return timeout == 0 ? 0 : millis * 100 / timeout;
  }
}
