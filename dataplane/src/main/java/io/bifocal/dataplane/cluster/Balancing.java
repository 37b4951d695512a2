package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.ConsistentHash;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import org.jspecify.annotations.Nullable;

/**
 * How a cluster's hosts are chosen.
 *
 * @param policy round robin, least request, random, ring hash or Maglev
 * @param choices of least request: how many hosts are compared
 * @param hash of consistent hashing: how; null for the other policies
 * @param panicThreshold in percent: when fewer hosts are healthy, all are used; 0 for never
 */
public record Balancing(
    LbPolicy policy, int choices, @Nullable ConsistentHash hash, int panicThreshold) {
  public static final Balancing DEFAULT = new Balancing(LbPolicy.ROUND_ROBIN, 2, 50);

  /** Without hashing. */
  public Balancing(LbPolicy policy, int choices, int panicThreshold) {
    this(policy, choices, null, panicThreshold);
  }

  static Balancing of(ConsistentHash hash, int panicThreshold) {
    LbPolicy policy = hash instanceof ConsistentHash.Ring ? LbPolicy.RING_HASH : LbPolicy.MAGLEV;
    return new Balancing(policy, 2, hash, panicThreshold);
  }
}
