package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.RefreshRate;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig;
import java.time.Duration;
import java.util.List;

/** Where a cluster's hosts come from, by its type. */
final class DiscoveryReader {
  private static final Duration DNS_REFRESH = Duration.ofSeconds(5);

  private DiscoveryReader() {}

  static Discovery read(Cluster cluster, String path, List<String> warnings)
      throws ConfigException {
    Any typed = cluster.getClusterType().getTypedConfig();
    if (typed.is(DnsCluster.class)) {
      DnsCluster dns = Unpack.as(DnsCluster.getDefaultInstance(), typed);
      String at = path + ".cluster_type.typed_config";
      warnings.addAll(ClusterFields.DNS_CLUSTER.check(dns, at));
      return dns(inOldWords(cluster, dns), dns.getAllAddressesInSingleEndpoint(), at, warnings);
    }
    return switch (type(cluster)) {
      case EDS -> eds(cluster);
      case STATIC -> new Discovery.Static(cluster.getLoadAssignment());
      case STRICT_DNS -> dns(cluster, false, path, warnings);
      case LOGICAL_DNS -> dns(cluster, true, path, warnings);
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

  @SuppressWarnings("deprecation") // the fields that all control planes send
  private static Discovery dns(Cluster cluster, boolean logical, String path, List<String> warnings)
      throws ConfigException {
    ClusterLoadAssignment assignment = cluster.getLoadAssignment();
    if (logical
        && (assignment.getEndpointsCount() != 1
            || assignment.getEndpoints(0).getLbEndpointsCount() != 1)) {
      throw new ConfigException(
          "LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint");
    }
    boolean literal = true;
    for (LocalityLbEndpoints locality : assignment.getEndpointsList()) {
      for (LbEndpoint endpoint : locality.getLbEndpointsList()) {
        SocketAddress address = endpoint.getEndpoint().getAddress().getSocketAddress();
        if (!address.getResolverName().isEmpty()) {
          throw new ConfigException(
              (logical ? "LOGICAL" : "STRICT")
                  + "_DNS clusters must NOT have a custom resolver name set");
        }
        literal &= Discovery.Dns.name(endpoint) == null;
      }
    }
    if (literal) {
      // What needs no resolver is what it says.
      warnings.add(path + ".type: all addresses are written out: taken as STATIC");
      return new Discovery.Static(assignment);
    }
    systemResolver(cluster, path);
    Duration refresh =
        cluster.hasDnsRefreshRate() ? JavaDuration.of(cluster.getDnsRefreshRate()) : DNS_REFRESH;
    RefreshRate failure = cluster.getDnsFailureRefreshRate();
    Duration base =
        failure.hasBaseInterval() ? JavaDuration.of(failure.getBaseInterval()) : refresh;
    Duration max =
        failure.hasMaxInterval()
            ? JavaDuration.of(failure.getMaxInterval())
            : failure.hasBaseInterval() ? base.multipliedBy(10) : refresh;
    return new Discovery.Dns(assignment, logical, cluster.getDnsLookupFamily(), refresh, base, max);
  }

  // To ask other servers than the configuration names would be worse than to ask none.
  @SuppressWarnings("deprecation") // the older ways to name them
  private static void systemResolver(Cluster cluster, String path) throws ConfigException {
    Any typed = cluster.getTypedDnsResolverConfig().getTypedConfig();
    boolean own =
        cluster.getDnsResolversCount() > 0
            || cluster.getDnsResolutionConfig().getResolversCount() > 0;
    if (typed.is(CaresDnsResolverConfig.class)) {
      own |= Unpack.as(CaresDnsResolverConfig.getDefaultInstance(), typed).getResolversCount() > 0;
    } else if (cluster.hasTypedDnsResolverConfig()) {
      own |= !typed.is(GetAddrInfoDnsResolverConfig.class);
    }
    if (own) {
      throw new ConfigException(
          path + ": a DNS resolver of the cluster's own: only the system's resolver is asked yet");
    }
  }

  @SuppressWarnings("deprecation") // the old words are what most control planes send
  private static Cluster inOldWords(Cluster cluster, DnsCluster dns) {
    Cluster.Builder old = cluster.toBuilder();
    if (dns.hasDnsRefreshRate()) {
      old.setDnsRefreshRate(dns.getDnsRefreshRate());
    }
    if (dns.hasDnsFailureRefreshRate()) {
      old.getDnsFailureRefreshRateBuilder()
          .setBaseInterval(dns.getDnsFailureRefreshRate().getBaseInterval());
      if (dns.getDnsFailureRefreshRate().hasMaxInterval()) {
        old.getDnsFailureRefreshRateBuilder()
            .setMaxInterval(dns.getDnsFailureRefreshRate().getMaxInterval());
      }
    }
    if (dns.hasTypedDnsResolverConfig()) {
      old.setTypedDnsResolverConfig(dns.getTypedDnsResolverConfig());
    }
    return old.setDnsLookupFamily(
            switch (dns.getDnsLookupFamily()) {
              case V4_ONLY -> DnsLookupFamily.V4_ONLY;
              case V6_ONLY -> DnsLookupFamily.V6_ONLY;
              case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
              case ALL -> DnsLookupFamily.ALL;
              case AUTO, UNSPECIFIED, UNRECOGNIZED -> DnsLookupFamily.AUTO;
            })
        .build();
  }
}
