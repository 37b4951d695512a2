package io.bifocal.xds.rest;

import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a bootstrap's static clusters list as {@code host:port}, in order. */
final class StaticAddresses {
  private final Map<String, List<String>> byCluster = new HashMap<>();
  private final Map<String, String> unfit = new HashMap<>();

  private StaticAddresses() {}

  static StaticAddresses of(Bootstrap bootstrap) {
    StaticAddresses all = new StaticAddresses();
    bootstrap.getStaticResources().getClustersList().forEach(all::add);
    return all;
  }

  private void add(Cluster cluster) {
    List<SocketAddress> sockets =
        cluster.getLoadAssignment().getEndpointsList().stream()
            .flatMap(locality -> locality.getLbEndpointsList().stream())
            .map(endpoint -> endpoint.getEndpoint().getAddress())
            .filter(address -> address.hasSocketAddress())
            .map(address -> address.getSocketAddress())
            .toList();
    if (cluster.hasTransportSocket()) {
      unfit.put(cluster.getName(), "has a transport socket, and this client sends in plain text");
    } else if (sockets.isEmpty()) {
      unfit.put(cluster.getName(), "lists no socket address");
    } else {
      byCluster.put(cluster.getName(), sockets.stream().map(StaticAddresses::authority).toList());
    }
  }

  private static String authority(SocketAddress address) {
    String host = address.getAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPortValue();
  }

  /** Empty when there are none. */
  List<String> of(String cluster) {
    return byCluster.getOrDefault(cluster, List.of());
  }

  /** Why there are none. */
  String whyNone(String cluster) {
    return "cluster '" + cluster + "' " + unfit.getOrDefault(cluster, "is not a static cluster");
  }
}
