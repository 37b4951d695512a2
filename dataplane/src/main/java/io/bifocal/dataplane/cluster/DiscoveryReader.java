package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import java.time.Duration;
import java.util.List;

/** Where a cluster's hosts come from, by its type. */
final class DiscoveryReader {
  private static final String DNS_CLUSTER = "envoy.cluster.dns";
  private static final Duration CLEANUP = Duration.ofSeconds(5);

  private DiscoveryReader() {}

  /**
   * @param resolver how names are resolved where the cluster says nothing of it
   */
  static Discovery read(
      Cluster cluster, String path, ResolverConfig resolver, List<String> warnings)
      throws ConfigException {
    DnsReader dns = new DnsReader(cluster, path, resolver, warnings);
    Any typed = cluster.getClusterType().getTypedConfig();
    if (MessageTypes.is(typed, DnsCluster.getDescriptor())) {
      return dns.of(Unpack.as(DnsCluster.getDefaultInstance(), typed));
    }
    if (cluster.getClusterType().getName().equals(DNS_CLUSTER)) {
      return dns.of(DnsCluster.getDefaultInstance());
    }
    DiscoveryType type = type(cluster);
    if (type == DiscoveryType.STRICT_DNS || type == DiscoveryType.LOGICAL_DNS) {
      return dns.ofOlderFields(type == DiscoveryType.LOGICAL_DNS);
    }
    dns.warnOfUnused();
    return switch (type) {
      case EDS -> eds(cluster);
      case STATIC -> new Discovery.Static(cluster.getLoadAssignment());
      default -> original(cluster, path, warnings);
    };
  }

  private static DiscoveryType type(Cluster cluster) throws ConfigException {
    if (!cluster.hasClusterType()) {
      return cluster.getType();
    }
    return switch (cluster.getClusterType().getName()) {
      case "envoy.cluster.static" -> DiscoveryType.STATIC;
      case "envoy.cluster.eds" -> DiscoveryType.EDS;
      case "envoy.cluster.strict_dns" -> DiscoveryType.STRICT_DNS;
      case "envoy.cluster.logical_dns" -> DiscoveryType.LOGICAL_DNS;
      case "envoy.cluster.original_dst" -> DiscoveryType.ORIGINAL_DST;
      default -> throw unknownType(cluster.getClusterType().getName());
    };
  }

  private static ConfigException unknownType(String name) {
    return new ConfigException(
        "Didn't find a registered cluster factory implementation for name: '" + name + "'");
  }

  private static Discovery original(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    if (cluster.getLbPolicy() != Cluster.LbPolicy.CLUSTER_PROVIDED) {
      throw new ConfigException(
          "cluster: LB policy "
              + cluster.getLbPolicy()
              + " is not valid for Cluster type ORIGINAL_DST. Only 'CLUSTER_PROVIDED' is allowed"
              + " with cluster type 'ORIGINAL_DST'");
    }
    if (cluster.getLbSubsetConfig().getSubsetSelectorsCount() > 0) {
      throw new ConfigException(
          "cluster: LB policy CLUSTER_PROVIDED cannot be combined with lb_subset_config");
    }
    if (cluster.hasLoadAssignment()) {
      throw new ConfigException("ORIGINAL_DST clusters must have no load assignment configured");
    }
    Cluster.OriginalDstLbConfig config = cluster.getOriginalDstLbConfig();
    if (!config.getUseHttpHeader() && !config.getHttpHeaderName().isEmpty()) {
      throw new ConfigException(
          "ORIGINAL_DST cluster: invalid config http_header_name="
              + config.getHttpHeaderName()
              + " and use_http_header is false. Set use_http_header to true if http_header_name is"
              + " desired.");
    }
    warnings.addAll(ClusterFields.ORIGINAL_DST.check(config, path + ".original_dst_lb_config"));
    return OriginalDestination.of(
        config,
        cluster.hasCleanupInterval() ? JavaDuration.of(cluster.getCleanupInterval()) : CLEANUP);
  }

  private static Discovery eds(Cluster cluster) throws ConfigException {
    if (!cluster.getEdsClusterConfig().hasEdsConfig()) {
      throw new ConfigException("cannot create an EDS cluster without an EDS config");
    }
    String service = cluster.getEdsClusterConfig().getServiceName();
    return new Discovery.Eds(
        cluster.getEdsClusterConfig().getEdsConfig(),
        service.isEmpty() ? cluster.getName() : service);
  }
}
