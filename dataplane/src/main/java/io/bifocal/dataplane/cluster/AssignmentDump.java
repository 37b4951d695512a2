package io.bifocal.dataplane.cluster;

import com.google.common.net.InetAddresses;
import com.google.protobuf.UInt32Value;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.Locality;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The hosts in force as an assignment, the way Envoy's {@code include_eds} shows them. */
final class AssignmentDump {
  private AssignmentDump() {}

  static ClusterLoadAssignment of(ManagedCluster cluster) {
    ClusterLoadAssignment.Builder dump =
        ClusterLoadAssignment.newBuilder().setClusterName(resourceName(cluster.config()));
    dump.getPolicyBuilder()
        .setOverprovisioningFactor(UInt32Value.of(cluster.hosts().set().overprovisioningFactor()));
    DropOverload drops = cluster.hosts().drops();
    if (drops != null) {
      dump.getPolicyBuilder()
          .addDropOverloadsBuilder()
          .setCategory(drops.category())
          .setDropPercentage(
              FractionalPercent.newBuilder()
                  .setNumerator((int) Math.round(drops.share() * 1_000_000))
                  .setDenominator(FractionalPercent.DenominatorType.MILLION));
    }
    List<List<Host>> priorities = cluster.hosts().set().priorities();
    for (int priority = 0; priority < priorities.size(); priority++) {
      Map<Locality, LocalityLbEndpoints.Builder> places = new LinkedHashMap<>();
      for (Host host : priorities.get(priority)) {
        places
            .computeIfAbsent(host.locality(), l -> LocalityLbEndpoints.newBuilder())
            .addLbEndpoints(endpoint(host));
      }
      for (Map.Entry<Locality, LocalityLbEndpoints.Builder> place : places.entrySet()) {
        dump.addEndpoints(
            place
                .getValue()
                .setLocality(locality(place.getKey()))
                .setPriority(priority)
                .setLoadBalancingWeight(
                    UInt32Value.of(weight(cluster.assignment(), place.getKey(), priority))));
      }
    }
    return dump.build();
  }

  private static String resourceName(ClusterConfig config) {
    return config.discovery() instanceof Discovery.Eds eds ? eds.resource() : config.name();
  }

  private static LbEndpoint endpoint(Host host) {
    Endpoint.Builder endpoint =
        Endpoint.newBuilder()
            .setAddress(address(host.primary()))
            .setHealthCheckConfig(healthCheck(host))
            .setHostname(host.hostname());
    List<Address> arrived = host.addresses().arrived();
    for (Address more : arrived.subList(1, arrived.size())) {
      endpoint.addAdditionalAddressesBuilder().setAddress(address(more));
    }
    LbEndpoint.Builder dump =
        LbEndpoint.newBuilder()
            .setEndpoint(endpoint)
            .setHealthStatus(health(host))
            .setLoadBalancingWeight(UInt32Value.of(host.weight()));

    if (!host.metadata().equals(Metadata.getDefaultInstance())) {
      dump.setMetadata(host.metadata());
    }
    return dump.build();
  }

  // Envoy shows the port where the address is not the host's own, and neither address nor flag.
  private static Endpoint.HealthCheckConfig healthCheck(Host host) {
    var dump = Endpoint.HealthCheckConfig.newBuilder().setHostname(host.healthCheck().hostname());
    Address address = host.healthCheck().address();
    if (address instanceof Address.Ip ip && !ip.equals(host.primary())) {
      dump.setPortValue(ip.port());
    }
    return dump.build();
  }

  private static HealthStatus health(Host host) {
    return switch (host.health()) {
      case HEALTHY -> HealthStatus.HEALTHY;
      case DEGRADED -> HealthStatus.DEGRADED;
      case UNHEALTHY -> HealthStatus.UNHEALTHY;
    };
  }

  static io.envoyproxy.envoy.config.core.v3.Address address(Address address) {
    var proto = io.envoyproxy.envoy.config.core.v3.Address.newBuilder();
    if (address instanceof Address.Ip ip) {
      proto
          .getSocketAddressBuilder()
          .setAddress(InetAddresses.toAddrString(ip.ip()))
          .setPortValue(ip.port());
    } else {
      proto.getPipeBuilder().setPath(address.text());
    }
    return proto.build();
  }

  static io.envoyproxy.envoy.config.core.v3.Locality locality(Locality locality) {
    return io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
        .setRegion(locality.region())
        .setZone(locality.zone())
        .setSubZone(locality.subZone())
        .build();
  }

  private static int weight(ClusterLoadAssignment assignment, Locality locality, int priority) {
    for (LocalityLbEndpoints place : assignment.getEndpointsList()) {
      if (place.getPriority() == priority && AssignmentReader.locality(place).equals(locality)) {
        return place.getLoadBalancingWeight().getValue();
      }
    }
    return 0;
  }
}
