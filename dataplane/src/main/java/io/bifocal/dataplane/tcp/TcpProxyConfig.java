package io.bifocal.dataplane.tcp;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP proxy's configuration, checked.
 *
 * @param clusters where connections go, by weight; the weights' sum is at most 2^32 − 1
 * @param idleTimeout without a byte either way; default 1 h; zero for ever
 * @param maxConnectAttempts races, not addresses; default 1
 */
record TcpProxyConfig(
    String statPrefix,
    List<Weighted> clusters,
    Duration idleTimeout,
    int maxConnectAttempts,
    TcpProxy proto) {
  private static final Logger log = LoggerFactory.getLogger(TcpProxyConfig.class);
  private static final Duration DEFAULT_IDLE = Duration.ofHours(1);
  private static final long MAX_WEIGHT = 0xFFFF_FFFFL;

  private static final SupportedFields FIELDS =
      SupportedFields.of(TcpProxy.getDescriptor())
          .supports(
              "stat_prefix",
              "cluster",
              "weighted_clusters",
              "idle_timeout",
              "access_log",
              "max_connect_attempts",
              "max_downstream_connection_duration")
          .ignores("no balancer here hashes connections", "hash_policy");
  private static final SupportedFields WEIGHT =
      SupportedFields.of(ClusterWeight.getDescriptor()).supports("name", "weight");

  /** One of several clusters. */
  record Weighted(String cluster, long weight) {}

  static TcpProxyConfig parse(Any any) throws ConfigException {
    TcpProxy proto = Unpack.as(TcpProxy.getDefaultInstance(), any);
    String path = "tcp_proxy '" + proto.getStatPrefix() + "'";
    FIELDS.check(proto, path).forEach(log::warn);
    return new TcpProxyConfig(
        proto.getStatPrefix(),
        clusters(proto, path),
        proto.hasIdleTimeout() ? JavaDuration.of(proto.getIdleTimeout()) : DEFAULT_IDLE,
        proto.hasMaxConnectAttempts() ? proto.getMaxConnectAttempts().getValue() : 1,
        proto);
  }

  private static List<Weighted> clusters(TcpProxy proto, String path) throws ConfigException {
    return switch (proto.getClusterSpecifierCase()) {
      case CLUSTER -> List.of(new Weighted(proto.getCluster(), 1));
      case WEIGHTED_CLUSTERS -> weighted(proto, path);
      case CLUSTERSPECIFIER_NOT_SET ->
          throw new ConfigException(
              "Proto constraint validation failed (field: \"cluster_specifier\", reason: is required)");
    };
  }

  private static List<Weighted> weighted(TcpProxy proto, String path) throws ConfigException {
    List<Weighted> clusters = new ArrayList<>();
    long sum = 0;
    for (ClusterWeight cluster : proto.getWeightedClusters().getClustersList()) {
      WEIGHT.check(cluster, path + ".weighted_clusters['" + cluster.getName() + "']");
      long weight = Integer.toUnsignedLong(cluster.getWeight());
      sum += weight;
      clusters.add(new Weighted(cluster.getName(), weight));
    }
    if (sum > MAX_WEIGHT) {
      throw new ConfigException(
          "The sum of weights of all upstream clusters exceeds " + MAX_WEIGHT);
    }
    return List.copyOf(clusters);
  }

  /** How long a connection may last at most; zero for ever. */
  Duration maxDuration() {
    return proto.hasMaxDownstreamConnectionDuration()
        ? JavaDuration.of(proto.getMaxDownstreamConnectionDuration())
        : Duration.ZERO;
  }

  /**
   * The cluster for one connection.
   *
   * @param chance uniform in [0, 2^63)
   */
  String cluster(long chance) {
    if (clusters.size() == 1) {
      return clusters.get(0).cluster();
    }
    long left = chance % clusters.stream().mapToLong(Weighted::weight).sum();
    for (Weighted cluster : clusters) {
      left -= cluster.weight();
      if (left < 0) {
        return cluster.cluster();
      }
    }
    throw new AssertionError("weights do not add up");
  }
}
