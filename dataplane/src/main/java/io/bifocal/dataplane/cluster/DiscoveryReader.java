package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.List;

/** Where a cluster's hosts come from, by its type. */
final class DiscoveryReader {
  private DiscoveryReader() {}

  static Discovery read(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    return switch (type(cluster)) {
      case EDS -> eds(cluster);
      case STATIC -> new Discovery.Static(cluster.getLoadAssignment());
      case STRICT_DNS, LOGICAL_DNS -> literal(cluster, path, warnings);
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

  // A DNS cluster whose addresses are written out needs no resolver, and is what it says.
  private static Discovery literal(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    for (LocalityLbEndpoints locality : cluster.getLoadAssignment().getEndpointsList()) {
      for (LbEndpoint endpoint : locality.getLbEndpointsList()) {
        String address = endpoint.getEndpoint().getAddress().getSocketAddress().getAddress();
        if (!IpLiterals.isLiteral(address)) {
          throw new ConfigException(
              path
                  + ".type: "
                  + cluster.getType()
                  + " is served for IP addresses only yet, and '"
                  + address
                  + "' would need a resolver");
        }
      }
    }
    warnings.add(path + ".type: all addresses are written out: taken as STATIC");
    return new Discovery.Static(cluster.getLoadAssignment());
  }
}
