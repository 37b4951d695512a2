package io.bifocal.conformance.stress;

import com.google.protobuf.Message;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.List;

/**
 * What a control plane says, in versions each of which differs from the one before in one thing,
 * and which all serve the same: {@code /one/…} from upstreams of HTTP/1.1, {@code /two/…} from
 * those of HTTP/2.
 */
final class World {
  private final ScriptedControlPlane controlPlane;
  private final int port;
  private final List<Origin> ones;
  private final List<Origin> twos;
  private int version;
  private int whole;
  private int chain;

  /** A listener on this port; whichever upstream of a list serves is a matter of version. */
  World(ScriptedControlPlane controlPlane, int port, List<Origin> ones, List<Origin> twos) {
    this.controlPlane = controlPlane;
    this.port = port;
    this.ones = ones;
    this.twos = twos;
  }

  /** What is swapped. */
  enum Swap {
    /** A listener, with its filter chains. */
    LISTENER,
    /** A filter chain of a listener that stays. */
    CHAIN,
    ROUTES,
    CLUSTERS,
    ENDPOINTS
  }

  /** Says everything for the first time, as it is asked for. */
  void begin() {
    for (Swap swap : List.of(Swap.CLUSTERS, Swap.ENDPOINTS, Swap.LISTENER, Swap.ROUTES)) {
      controlPlane.awaitSubscription(type(swap));
      String unused = swap(swap);
    }
  }

  /** Says a new version; answers with its nonce. */
  String swap(Swap swap) {
    version++;
    if (swap == Swap.LISTENER) {
      whole = version;
    } else if (swap == Swap.CHAIN) {
      chain = version;
    }
    return controlPlane.push(type(swap), "v" + version, resources(swap));
  }

  private static ResourceType<?> type(Swap swap) {
    return switch (swap) {
      case LISTENER, CHAIN -> ResourceType.LISTENER;
      case ROUTES -> ResourceType.ROUTES;
      case CLUSTERS -> ResourceType.CLUSTER;
      case ENDPOINTS -> ResourceType.ENDPOINTS;
    };
  }

  private List<Named> resources(Swap swap) {
    return switch (swap) {
      case LISTENER, CHAIN -> List.of(Named.of(ResourceType.LISTENER, listener()));
      case ROUTES -> List.of(Named.of(ResourceType.ROUTES, routes()));
      case CLUSTERS ->
          List.of(
              Named.of(ResourceType.CLUSTER, cluster("one", "http_protocol_options")),
              Named.of(ResourceType.CLUSTER, cluster("two", "http2_protocol_options")));
      case ENDPOINTS ->
          List.of(
              Named.of(ResourceType.ENDPOINTS, endpoint("one", ones)),
              Named.of(ResourceType.ENDPOINTS, endpoint("two", twos)));
    };
  }

  private Listener listener() {
    return read(
        """
        {name: ingress, per_connection_buffer_limit_bytes: %1$d,
         address: {socket_address: {address: 127.0.0.1, port_value: %3$d}},
         filter_chains: [{name: chain, filters: [{name: envoy.filters.network.http_connection_manager, typed_config: {
           "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
           stat_prefix: ingress, server_name: "v%2$d",
           rds: {route_config_name: routes, config_source: {ads: {}, resource_api_version: V3}},
           http_filters: [{name: envoy.filters.http.router, typed_config: {
             "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}}]}]}
        """
            .formatted(100_000 + whole, chain, port),
        Listener.getDefaultInstance());
  }

  private RouteConfiguration routes() {
    return read(
        """
        {name: routes, virtual_hosts: [{name: all, domains: ["*"],
         response_headers_to_add: [{header: {key: x-version, value: "%d"}}],
         routes: [{match: {prefix: /one}, route: {cluster: one}}, {match: {prefix: /two}, route: {cluster: two}}]}]}
        """
            .formatted(version),
        RouteConfiguration.getDefaultInstance());
  }

  private Cluster cluster(String name, String protocol) {
    return read(
        """
        {name: %1$s, type: EDS, connect_timeout: 5.%2$03ds,
         eds_cluster_config: {eds_config: {ads: {}, resource_api_version: V3}},
         typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
           "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
           explicit_http_config: {%3$s: {}}}}}
        """
            .formatted(name, version % 1000, protocol),
        Cluster.getDefaultInstance());
  }

  private ClusterLoadAssignment endpoint(String cluster, List<Origin> origins) {
    return read(
        """
        {cluster_name: %s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
        """
            .formatted(cluster, origins.get(version % origins.size()).address().getPort()),
        ClusterLoadAssignment.getDefaultInstance());
  }

  private static <T extends Message> T read(String yaml, T prototype) {
    try {
      return new BootstrapReader(false).readYaml(yaml, yaml, prototype);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
