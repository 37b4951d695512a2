package io.bifocal.dataplane.cluster;

import com.google.common.net.InetAddresses;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint.AdditionalAddress;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a cluster's hosts come from. */
public sealed interface Discovery {
  /** Whether a host of it may ever have more than one address. */
  boolean mayRace();

  /** From the configuration itself. */
  record Static(ClusterLoadAssignment assignment) implements Discovery {
    @Override
    public boolean mayRace() {
      return assignment.getEndpointsList().stream()
          .flatMap(place -> place.getLbEndpointsList().stream())
          .anyMatch(endpoint -> endpoint.getEndpoint().getAdditionalAddressesCount() > 0);
    }
  }

  /**
   * From EDS.
   *
   * @param resource {@code service_name}, or the cluster's name
   */
  record Eds(ConfigSource source, String resource) implements Discovery {
    @Override
    public boolean mayRace() {
      return true;
    }
  }

  /**
   * From a resolver.
   *
   * @param assignment with names in the place of addresses
   * @param logical one host with all addresses of its name, which are raced; else a host an address
   * @param refresh how long after an answer the next question comes
   * @param failureBase how long after the first failure; doubled with each further one
   * @param failureMax at most so long after a failure
   */
  record Dns(
      ClusterLoadAssignment assignment,
      boolean logical,
      DnsLookupFamily family,
      Duration refresh,
      Duration failureBase,
      Duration failureMax)
      implements Discovery {

    @Override
    public boolean mayRace() {
      return logical;
    }

    /** When to ask next, after so many failures in a row. */
    Duration delay(int failures) {
      return failures == 0 ? refresh : DnsMembership.backOff(failureBase, failureMax, failures);
    }

    /** Those of a name's addresses that {@code dns_lookup_family} asks for. */
    List<InetAddress> of(List<InetAddress> found) {
      List<InetAddress> v6 = found.stream().filter(Inet6Address.class::isInstance).toList();
      List<InetAddress> v4 = found.stream().filter(a -> !(a instanceof Inet6Address)).toList();
      return switch (family) {
        case V4_ONLY -> v4;
        case V6_ONLY -> v6;
        case V4_PREFERRED -> v4.isEmpty() ? v6 : v4;
        case ALL -> {
          List<InetAddress> both = new ArrayList<>(v6);
          both.addAll(v4);
          yield both;
        }
        case AUTO, UNRECOGNIZED -> v6.isEmpty() ? v4 : v6;
      };
    }

    /** The assignment with addresses in the place of names; a name without any is left out. */
    ClusterLoadAssignment resolved(Map<String, List<InetAddress>> answers) {
      ClusterLoadAssignment.Builder resolved = assignment.toBuilder().clearEndpoints();
      for (LocalityLbEndpoints place : assignment.getEndpointsList()) {
        LocalityLbEndpoints.Builder here = resolved.addEndpointsBuilder();
        here.mergeFrom(place.toBuilder().clearLbEndpoints().build());
        for (LbEndpoint endpoint : place.getLbEndpointsList()) {
          String name = name(endpoint);
          List<InetAddress> addresses =
              name == null ? List.of() : answers.getOrDefault(name, List.of());
          if (name == null) {
            here.addLbEndpoints(endpoint);
          } else if (logical && !addresses.isEmpty()) {
            here.addLbEndpoints(with(endpoint, name, addresses));
          } else {
            addresses.forEach(a -> here.addLbEndpoints(with(endpoint, name, List.of(a))));
          }
        }
      }
      return resolved.build();
    }

    /** What of an endpoint must be resolved, or null. */
    static @Nullable String name(LbEndpoint endpoint) {
      var address = endpoint.getEndpoint().getAddress();
      String text = address.getSocketAddress().getAddress();
      return !address.hasSocketAddress() || InetAddresses.isInetAddress(text) ? null : text;
    }

    private static LbEndpoint with(LbEndpoint endpoint, String name, List<InetAddress> addresses) {
      LbEndpoint.Builder resolved = endpoint.toBuilder();
      var host = resolved.getEndpointBuilder().clearAdditionalAddresses();
      if (host.getHostname().isEmpty()) {
        host.setHostname(name);
      }
      for (InetAddress more : addresses.subList(1, addresses.size())) {
        AdditionalAddress.Builder additional = host.addAdditionalAddressesBuilder();
        additional.setAddress(endpoint.getEndpoint().getAddress());
        additional
            .getAddressBuilder()
            .getSocketAddressBuilder()
            .setAddress(InetAddresses.toAddrString(more));
      }
      host.getAddressBuilder()
          .getSocketAddressBuilder()
          .setAddress(InetAddresses.toAddrString(addresses.get(0)));
      return resolved.build();
    }
  }
}
