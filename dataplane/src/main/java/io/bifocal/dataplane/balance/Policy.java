package io.bifocal.dataplane.balance;

import org.jspecify.annotations.Nullable;

/** By what a host is chosen among those of one priority. */
public sealed interface Policy
    permits Policy.InTurn, Policy.LeastBusy, Policy.AnyHost, ConsistentHash {
  /**
   * {@code ROUND_ROBIN}.
   *
   * @param slowStart how new hosts come to their share; null for at once
   */
  record InTurn(@Nullable SlowStart slowStart) implements Policy {
    public static final InTurn DEFAULT = new InTurn(null);
  }

  /**
   * {@code LEAST_REQUEST}.
   *
   * @param choices how many hosts are compared ({@code choice_count})
   * @param bias the power of requests in flight by which a weight is divided; what is below 0
   *     counts as 1
   * @param fullScan whether all hosts are compared
   * @param slowStart how new hosts come to their share; null for at once
   */
  record LeastBusy(int choices, RuntimeDouble bias, boolean fullScan, @Nullable SlowStart slowStart)
      implements Policy {
    public static final LeastBusy DEFAULT = of(2);

    public static LeastBusy of(int choices) {
      return new LeastBusy(choices, RuntimeDouble.fixed(1), false, null);
    }
  }

  /** {@code RANDOM}. */
  record AnyHost() implements Policy {}
}
