package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.ConsistentHash;
import io.bifocal.dataplane.balance.LocalitySpread;
import io.bifocal.dataplane.balance.Policy;
import io.bifocal.dataplane.balance.Subsets;
import org.jspecify.annotations.Nullable;

/**
 * How a cluster's hosts are chosen.
 *
 * @param policy by what one is chosen of those that are alike
 * @param localities how the load is spread over localities
 * @param panicThreshold in percent: when fewer hosts are healthy, all are used; 0 for never
 * @param subsets how hosts are told apart by their metadata; null for not at all
 */
public record Balancing(
    Policy policy, LocalitySpread localities, int panicThreshold, @Nullable Subsets subsets) {
  public static final Balancing DEFAULT = new Balancing(Policy.InTurn.DEFAULT, 50);

  /** Without anything that is rarely said. */
  public Balancing(Policy policy, int panicThreshold) {
    this(policy, LocalitySpread.ZoneAware.DEFAULT, panicThreshold, null);
  }

  /** Where hosts are chosen by what they report: how; null for the other policies. */
  public Policy.@Nullable ByReports reports() {
    return policy instanceof Policy.ByReports reports ? reports : null;
  }

  /** Of consistent hashing: how; null for the other policies. */
  public @Nullable ConsistentHash hash() {
    return policy instanceof ConsistentHash hash ? hash : null;
  }
}
