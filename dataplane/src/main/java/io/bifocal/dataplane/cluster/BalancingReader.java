package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.balance.ConsistentHash;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Which policy chooses a cluster's hosts. */
final class BalancingReader {
  private static final int CERTAINTY = 50;
  private static final String POLICIES = "envoy.extensions.load_balancing_policies.";

  private BalancingReader() {}

  static Balancing read(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
    warnings.addAll(ClusterFields.COMMON_LB.check(common, path + ".common_lb_config"));
    int panic =
        common.hasHealthyPanicThreshold()
            ? (int) Math.round(common.getHealthyPanicThreshold().getValue())
            : Balancing.DEFAULT.panicThreshold();
    if (cluster.getLeastRequestLbConfig().hasActiveRequestBias()
        || cluster.getLeastRequestLbConfig().hasSlowStartConfig()) {
      warnings.add(path + ".least_request_lb_config: only choice_count has an effect");
    }
    if (cluster.getRoundRobinLbConfig().hasSlowStartConfig()) {
      warnings.add(path + ".round_robin_lb_config: there is no slow start");
    }
    if (cluster.hasLoadBalancingPolicy()) {
      return typed(
          cluster.getLoadBalancingPolicy(), panic, path + ".load_balancing_policy", warnings);
    }
    return switch (cluster.getLbPolicy()) {
      case ROUND_ROBIN -> new Balancing(LbPolicy.ROUND_ROBIN, 2, panic);
      case RANDOM -> new Balancing(LbPolicy.RANDOM, 2, panic);
      case LEAST_REQUEST ->
          new Balancing(
              LbPolicy.LEAST_REQUEST,
              cluster.getLeastRequestLbConfig().hasChoiceCount()
                  ? cluster.getLeastRequestLbConfig().getChoiceCount().getValue()
                  : 2,
              panic);
      case RING_HASH -> Balancing.of(ring(cluster), panic);
      case MAGLEV ->
          Balancing.of(
              new ConsistentHash.Maglev(
                  prime(
                      cluster.getMaglevLbConfig().hasTableSize(),
                      cluster.getMaglevLbConfig().getTableSize().getValue()),
                  hashing(common.getConsistentHashingLbConfig())),
              panic);
      case CLUSTER_PROVIDED ->
          throw new ConfigException(
              "cluster manager: cluster provided LB specified but cluster '"
                  + cluster.getName()
                  + "' did not provide one. Check cluster documentation.");
      default ->
          throw new ConfigException(
              path + ".lb_policy: " + cluster.getLbPolicy() + " is not served yet");
    };
  }

  // The first policy known here counts, so that a control plane can name a newer one before it.
  private static Balancing typed(
      LoadBalancingPolicy policies, int panic, String path, List<String> warnings)
      throws ConfigException {
    List<String> names = new ArrayList<>();
    for (LoadBalancingPolicy.Policy policy : policies.getPoliciesList()) {
      TypedExtensionConfig extension = policy.getTypedExtensionConfig();
      String type = extension.getTypedConfig().getTypeUrl();
      switch (type.substring(type.lastIndexOf('/') + 1)) {
        case POLICIES + "round_robin.v3.RoundRobin" -> {
          RoundRobin round = Unpack.as(RoundRobin.getDefaultInstance(), extension.getTypedConfig());
          warnings.addAll(ClusterFields.ROUND_ROBIN.check(round, path));
          return new Balancing(LbPolicy.ROUND_ROBIN, 2, panic);
        }
        case POLICIES + "random.v3.Random" -> {
          Random random = Unpack.as(Random.getDefaultInstance(), extension.getTypedConfig());
          warnings.addAll(ClusterFields.RANDOM.check(random, path));
          return new Balancing(LbPolicy.RANDOM, 2, panic);
        }
        case POLICIES + "least_request.v3.LeastRequest" -> {
          LeastRequest least =
              Unpack.as(LeastRequest.getDefaultInstance(), extension.getTypedConfig());
          warnings.addAll(ClusterFields.LEAST_REQUEST.check(least, path));
          return new Balancing(
              LbPolicy.LEAST_REQUEST,
              least.hasChoiceCount() ? least.getChoiceCount().getValue() : 2,
              panic);
        }
        case POLICIES + "ring_hash.v3.RingHash" -> {
          RingHash ring = Unpack.as(RingHash.getDefaultInstance(), extension.getTypedConfig());
          warnings.addAll(ClusterFields.RING_HASH.check(ring, path));
          return Balancing.of(ring(ring), panic);
        }
        case POLICIES + "maglev.v3.Maglev" -> {
          Maglev maglev = Unpack.as(Maglev.getDefaultInstance(), extension.getTypedConfig());
          warnings.addAll(ClusterFields.MAGLEV.check(maglev, path));
          return Balancing.of(
              new ConsistentHash.Maglev(
                  prime(maglev.hasTableSize(), maglev.getTableSize().getValue()),
                  hashing(maglev.getConsistentHashingLbConfig())),
              panic);
        }
        default -> names.add(extension.getName());
      }
    }
    throw new ConfigException(
        "Didn't find a registered load balancer factory with names from ["
            + String.join(", ", names)
            + "]");
  }

  private static ConsistentHash.Ring ring(Cluster cluster) throws ConfigException {
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
  private static ConsistentHash.Ring ring(RingHash config) throws ConfigException {
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
