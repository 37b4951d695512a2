package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.balance.ConsistentHash;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import java.math.BigInteger;

/** Consistent hashing, from the cluster's own fields or from a policy's message. */
final class Hashes {
  private static final int CERTAINTY = 50;

  private Hashes() {}

  static ConsistentHash maglev(Cluster cluster) throws ConfigException {
    return new ConsistentHash.Maglev(
        prime(
            cluster.getMaglevLbConfig().hasTableSize(),
            cluster.getMaglevLbConfig().getTableSize().getValue()),
        hashing(cluster.getCommonLbConfig().getConsistentHashingLbConfig()));
  }

  static ConsistentHash maglev(Maglev config) throws ConfigException {
    return new ConsistentHash.Maglev(
        prime(config.hasTableSize(), config.getTableSize().getValue()),
        hashing(config.getConsistentHashingLbConfig()));
  }

  static ConsistentHash ring(Cluster cluster) throws ConfigException {
    Cluster.RingHashLbConfig config = cluster.getRingHashLbConfig();
    return ring(
        config.hasMinimumRingSize()
            ? config.getMinimumRingSize().getValue()
            : ConsistentHash.Ring.DEFAULT.least(),
        config.hasMaximumRingSize()
            ? config.getMaximumRingSize().getValue()
            : ConsistentHash.Ring.DEFAULT.most(),
        config.getHashFunction() == Cluster.RingHashLbConfig.HashFunction.MURMUR_HASH_2,
        hashing(cluster.getCommonLbConfig().getConsistentHashingLbConfig()));
  }

  @SuppressWarnings("deprecation") // control planes still send the old pair
  static ConsistentHash ring(RingHash config) throws ConfigException {
    return ring(
        config.hasMinimumRingSize()
            ? config.getMinimumRingSize().getValue()
            : ConsistentHash.Ring.DEFAULT.least(),
        config.hasMaximumRingSize()
            ? config.getMaximumRingSize().getValue()
            : ConsistentHash.Ring.DEFAULT.most(),
        config.getHashFunction() == RingHash.HashFunction.MURMUR_HASH_2,
        config.hasConsistentHashingLbConfig()
            ? hashing(config.getConsistentHashingLbConfig())
            : new ConsistentHash.Common(
                config.getUseHostnameForHashing(), config.getHashBalanceFactor().getValue()));
  }

  private static ConsistentHash.Ring ring(
      long least, long most, boolean murmur, ConsistentHash.Common common) throws ConfigException {
    if (least > most) {
      throw new ConfigException(
          "ring hash: minimum_ring_size (%d) > maximum_ring_size (%d)".formatted(least, most));
    }
    return new ConsistentHash.Ring(
        least,
        most,
        murmur ? ConsistentHash.Ring.Function.MURMUR_HASH_2 : ConsistentHash.Ring.Function.XX_HASH,
        common);
  }

  private static int prime(boolean set, long size) throws ConfigException {
    int wanted = set ? (int) size : ConsistentHash.Maglev.DEFAULT.size();
    if (!BigInteger.valueOf(wanted).isProbablePrime(CERTAINTY)) {
      throw new ConfigException("The table size of maglev must be prime number");
    }
    return wanted;
  }

  private static ConsistentHash.Common hashing(
      Cluster.CommonLbConfig.ConsistentHashingLbConfig config) {
    return new ConsistentHash.Common(
        config.getUseHostnameForHashing(), config.getHashBalanceFactor().getValue());
  }

  private static ConsistentHash.Common hashing(ConsistentHashingLbConfig config) {
    return new ConsistentHash.Common(
        config.getUseHostnameForHashing(), config.getHashBalanceFactor().getValue());
  }
}
