package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;

/**
 * How a cluster's hosts are chosen.
 *
 * @param policy round robin, least request or random
 * @param choices of least request: how many hosts are compared
 * @param panicThreshold in percent: when fewer hosts are healthy, all are used; 0 for never
 */
public record Balancing(LbPolicy policy, int choices, int panicThreshold) {
  public static final Balancing DEFAULT = new Balancing(LbPolicy.ROUND_ROBIN, 2, 50);
}
