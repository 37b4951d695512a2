package io.bifocal.dataplane.cluster;

/**
 * How a cluster's hosts are chosen.
 *
 * @param choices of least request: how many hosts are compared
 * @param panicThreshold in percent: when fewer hosts are healthy, all are used; 0 for never
 */
public record Balancing(Policy policy, int choices, double panicThreshold) {
  public static final Balancing DEFAULT = new Balancing(Policy.ROUND_ROBIN, 2, 50);

  /** The policies served. */
  public enum Policy {
    ROUND_ROBIN,
    LEAST_REQUEST,
    RANDOM
  }
}
