package io.bifocal.dataplane.cluster;

import com.google.common.net.InetAddresses;
import io.bifocal.api.IpLiterals;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint.AdditionalAddress;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The endpoints of a cluster that is resolved.
 *
 * @param assignment with names in the place of addresses
 * @param logical one host with all addresses of its name, which are raced; else a host an address
 */
record DnsEndpoints(ClusterLoadAssignment assignment, boolean logical) {
  /**
   * What is to be resolved, endpoint by endpoint. A name that two endpoints have is there twice.
   */
  List<String> names() {
    List<String> names = new ArrayList<>();
    for (LocalityLbEndpoints place : assignment.getEndpointsList()) {
      place.getLbEndpointsList().forEach(endpoint -> name(endpoint).ifPresent(names::add));
    }
    return names;
  }

  /**
   * The assignment with addresses in the place of names; a name without any is left out.
   *
   * @param addresses of each of {@link #names}
   */
  ClusterLoadAssignment resolved(List<List<InetAddress>> addresses) {
    Iterator<List<InetAddress>> next = addresses.iterator();
    ClusterLoadAssignment.Builder resolved = assignment.toBuilder().clearEndpoints();
    for (LocalityLbEndpoints place : assignment.getEndpointsList()) {
      LocalityLbEndpoints.Builder here = resolved.addEndpointsBuilder();
      here.mergeFrom(place.toBuilder().clearLbEndpoints().build());
      for (LbEndpoint endpoint : place.getLbEndpointsList()) {
        if (name(endpoint).isEmpty()) {
          here.addLbEndpoints(endpoint);
          continue;
        }
        List<InetAddress> found = next.next();
        if (logical && !found.isEmpty()) {
          here.addLbEndpoints(with(endpoint, found));
        } else {
          found.forEach(ip -> here.addLbEndpoints(with(endpoint, List.of(ip))));
        }
      }
    }
    return resolved.build();
  }

  private static Optional<String> name(LbEndpoint endpoint) {
    var address = endpoint.getEndpoint().getAddress();
    String text = address.getSocketAddress().getAddress();
    return address.hasSocketAddress() && !IpLiterals.isLiteral(text)
        ? Optional.of(text)
        : Optional.empty();
  }

  private static LbEndpoint with(LbEndpoint endpoint, List<InetAddress> addresses) {
    LbEndpoint.Builder resolved = endpoint.toBuilder();
    var host = resolved.getEndpointBuilder();
    if (host.getHostname().isEmpty()) {
      host.setHostname(host.getAddress().getSocketAddress().getAddress());
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
