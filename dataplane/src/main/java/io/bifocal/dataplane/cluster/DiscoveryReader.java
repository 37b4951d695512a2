package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import java.util.List;

/** Where a cluster's hosts come from, by its type. */
final class DiscoveryReader {
  private static final String DNS_CLUSTER = "envoy.cluster.dns";

  private DiscoveryReader() {}

  /**
   * @param resolver how names are resolved where the cluster says nothing of it
   */
  static Discovery read(
      Cluster cluster, String path, ResolverConfig resolver, List<String> warnings)
      throws ConfigException {
    DnsReader dns = new DnsReader(cluster, path, resolver, warnings);
    Any typed = cluster.getClusterType().getTypedConfig();
    if (typed.is(DnsCluster.class)) {
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
      default -> throw unknownType("envoy.cluster.original_dst");
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
      default -> throw unknownType(cluster.getClusterType().getName());
    };
  }

  private static ConfigException unknownType(String name) {
    return new ConfigException(
        "Didn't find a registered cluster factory implementation for name: '" + name + "'");
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
