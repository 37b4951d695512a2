package io.bifocal.dataplane.tcp;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.bifocal.dataplane.transport.proxyprotocol.Tlv;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight;
import io.envoyproxy.envoy.type.v3.HashPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP proxy's configuration, checked.
 *
 * @param clusters where connections go, by weight; the weights' sum is at most 2^32 − 1
 * @param idleTimeout without a byte either way; default 1 h; zero for ever
 * @param maxConnectAttempts races, not addresses; default 1
 * @param backOff between them
 * @param logMoments when it is logged beside its end
 * @param tunneling null when upstreams get the bytes as they are
 * @param criteria what hosts must be like, whichever cluster with subsets is chosen; null for any
 */
record TcpProxyConfig(
    String statPrefix,
    List<Weighted> clusters,
    Duration idleTimeout,
    int maxConnectAttempts,
    RetryBackOff backOff,
    LogMoments logMoments,
    @Nullable TunnelingConfig tunneling,
    @Nullable MetadataCriteria criteria,
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
              "backoff_options",
              "max_downstream_connection_duration",
              "access_log_options",
              "access_log_flush_interval",
              "flush_access_log_on_connected",
              "on_demand",
              "hash_policy",
              "tunneling_config",
              "metadata_match",
              "proxy_protocol_tlvs")
          .ignores(
              "Envoy does not obey it either", "downstream_idle_timeout", "upstream_idle_timeout");
  private static final SupportedFields WEIGHT =
      SupportedFields.of(ClusterWeight.getDescriptor())
          .supports("name", "weight", "metadata_match");

  /**
   * One of several clusters.
   *
   * @param criteria what its hosts must be like, if it has subsets; null for any
   */
  record Weighted(String cluster, long weight, @Nullable MetadataCriteria criteria) {}

  static TcpProxyConfig parse(Any any) throws ConfigException {
    TcpProxy proto = Unpack.as(TcpProxy.getDefaultInstance(), any);
    String path = "tcp_proxy '" + proto.getStatPrefix() + "'";
    FIELDS.check(proto, path).forEach(log::warn);
    return new TcpProxyConfig(
        proto.getStatPrefix(),
        clusters(proto, path),
        proto.hasIdleTimeout() ? JavaDuration.of(proto.getIdleTimeout()) : DEFAULT_IDLE,
        proto.hasMaxConnectAttempts() ? proto.getMaxConnectAttempts().getValue() : 1,
        proto.hasBackoffOptions() ? RetryBackOff.of(proto.getBackoffOptions()) : RetryBackOff.NONE,
        LogMoments.of(proto),
        proto.hasTunnelingConfig() ? TunnelingConfig.of(proto.getTunnelingConfig(), path) : null,
        MetadataCriteria.of(proto.getMetadataMatch()),
        proto);
  }

  private static List<Weighted> clusters(TcpProxy proto, String path) throws ConfigException {
    return switch (proto.getClusterSpecifierCase()) {
      case CLUSTER ->
          List.of(
              new Weighted(proto.getCluster(), 1, MetadataCriteria.of(proto.getMetadataMatch())));
      case WEIGHTED_CLUSTERS -> weighted(proto, path);
      case CLUSTERSPECIFIER_NOT_SET ->
          throw new ConfigException(
              "Proto constraint validation failed (field: \"cluster_specifier\", reason: is"
                  + " required)");
    };
  }

  private static List<Weighted> weighted(TcpProxy proto, String path) throws ConfigException {
    List<Weighted> clusters = new ArrayList<>();
    long sum = 0;
    MetadataCriteria all = MetadataCriteria.of(proto.getMetadataMatch());
    for (ClusterWeight cluster : proto.getWeightedClusters().getClustersList()) {
      WEIGHT
          .check(cluster, path + ".weighted_clusters['" + cluster.getName() + "']")
          .forEach(log::warn);
      long weight = Integer.toUnsignedLong(cluster.getWeight());
      sum += weight;
      Struct own =
          cluster.getMetadataMatch().getFilterMetadataMap().get(MetadataCriteria.NAMESPACE);
      clusters.add(new Weighted(cluster.getName(), weight, MetadataCriteria.merged(all, own)));
    }
    if (sum > MAX_WEIGHT) {
      throw new ConfigException(
          "The sum of weights of all upstream clusters exceeds " + MAX_WEIGHT);
    }
    return List.copyOf(clusters);
  }

  String path() {
    return "tcp_proxy '" + statPrefix + "'";
  }

  /** What a connection's host is chosen by. Source: {@code envoy.type.v3.HashPolicy}. */
  LoadBalancerContext balancing(StreamInfo info) {
    String text = proto.getHashPolicyCount() == 0 ? null : hashed(proto.getHashPolicy(0), info);
    return text == null ? LoadBalancerContext.NONE : LoadBalancerContext.of(XxHash64.hash(text));
  }

  private static @Nullable String hashed(HashPolicy policy, StreamInfo info) {
    if (policy.hasFilterState()) {
      return info.filterState(policy.getFilterState().getKey());
    }
    return info.downstreamRemote instanceof Address.Ip client
        ? InetAddresses.toAddrString(client.ip())
        : null;
  }

  /** What upstreams that ask for it are told of a connection's client; null of one without. */
  @Nullable ProxyProtocolData client(StreamInfo info) {
    Address remote = info.downstreamRemote;
    Address local = info.downstreamLocal;
    return info.proxyProtocol != null || remote == null || local == null
        ? info.proxyProtocol
        : new ProxyProtocolData(remote, local, Tlv.of(proto.getProxyProtocolTlvsList()));
  }

  /** Whether weights decide of clusters, whatever a filter before has chosen. */
  boolean isWeighted() {
    return proto.hasWeightedClusters();
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
  Weighted cluster(long chance) {
    if (clusters.size() == 1) {
      return clusters.get(0);
    }
    long left = chance % clusters.stream().mapToLong(Weighted::weight).sum();
    for (Weighted cluster : clusters) {
      left -= cluster.weight();
      if (left < 0) {
        return cluster;
      }
    }
    throw new AssertionError("weights do not add up");
  }
}
