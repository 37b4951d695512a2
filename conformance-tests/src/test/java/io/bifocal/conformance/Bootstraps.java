package io.bifocal.conformance;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Bootstraps as a control plane's own documentation shows them: a node, ADS, one static cluster for
 * it.
 */
public final class Bootstraps {
  private Bootstraps() {}

  /** The two dialects of xDS. */
  public enum Dialect {
    SOTW("GRPC"),
    DELTA("DELTA_GRPC");

    private final String apiType;

    Dialect(String apiType) {
      this.apiType = apiType;
    }
  }

  /**
   * All resources by ADS from a control plane on 127.0.0.1; the static clusters come last, so that
   * more can follow.
   */
  public static String ads(int controlPlanePort, Dialect dialect) {
    return """
        node: {id: test-id, cluster: test-cluster}
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        dynamic_resources:
          ads_config:
            api_type: %s
            transport_api_version: V3
            set_node_on_first_message_only: true
            grpc_services:
            - envoy_grpc: {cluster_name: xds_cluster}
          cds_config: {ads: {}, resource_api_version: V3}
          lds_config: {ads: {}, resource_api_version: V3}
        static_resources:
          clusters:
        """
            .formatted(dialect.apiType)
        + http2Cluster("xds_cluster", controlPlanePort);
  }

  /** Clusters and listeners each from a stream of their own, with a control plane on 127.0.0.1. */
  public static String ownStreams(int controlPlanePort, Dialect dialect) {
    String source =
        "{resource_api_version: V3, api_config_source: {api_type: %s, transport_api_version: V3, set_node_on_first_message_only: true, grpc_services: [{envoy_grpc: {cluster_name: xds_cluster}}]}}"
            .formatted(dialect.apiType);
    return """
        node: {id: test-id, cluster: test-cluster}
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        dynamic_resources:
          cds_config: %1$s
          lds_config: %1$s
        static_resources:
          clusters:
        """
            .formatted(source)
        + http2Cluster("xds_cluster", controlPlanePort);
  }

  /** One element of {@code static_resources.clusters}: HTTP/2 on 127.0.0.1. */
  public static String http2Cluster(String name, int port) {
    return """
          - name: %1$s
            type: STATIC
            connect_timeout: 1s
            load_assignment:
              cluster_name: %1$s
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %2$d}}}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http2_protocol_options: {}}
        """
        .formatted(name, port);
  }

  /**
   * No control plane: an HTTP listener named ingress on an ephemeral port; {@code /warm} goes to
   * the first address of {@code warm}, everything else to one endpoint of several addresses in the
   * cluster raced. Races do not learn from each other, as Envoy's don't.
   *
   * @param options further fields of the cluster raced, as one line of YAML, or empty
   */
  public static String race(
      String connectTimeout,
      String options,
      InetSocketAddress warm,
      List<InetSocketAddress> addresses) {
    return ingress(
            """
            route_config:
              name: routes
              virtual_hosts:
              - name: all
                domains: ["*"]
                routes:
                - {match: {prefix: /warm}, route: {cluster: warm}}
                - {match: {prefix: /}, route: {cluster: raced}}
            """)
        + """
          - name: warm
            type: STATIC
            connect_timeout: 5s
            load_assignment: {cluster_name: warm, endpoints: [{lb_endpoints: [{endpoint: {address: %s}}]}]}
          - name: raced
            type: STATIC
            connect_timeout: %s
            metadata: {filter_metadata: {bifocal.connect: {outcome_memory: false}}}
            load_assignment:
              cluster_name: raced
              endpoints:
              - lb_endpoints:
                - endpoint:
                    address: %s
                    additional_addresses: [%s]
        %s
        """
            .formatted(
                yaml(warm),
                connectTimeout,
                yaml(addresses.get(0)),
                addresses.stream()
                    .skip(1)
                    .map(address -> "{address: " + yaml(address) + "}")
                    .collect(Collectors.joining(", ")),
                options.isEmpty() ? "" : "    " + options);
  }

  /**
   * No control plane: an HTTP listener named ingress on an ephemeral port; the static clusters come
   * last, and are to follow.
   *
   * @param manager further fields of its connection manager, as YAML
   */
  public static String ingress(String manager) {
    return """
        admin:
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        static_resources:
          listeners:
          - name: ingress
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
        %s
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          clusters:
        """
        .formatted(manager.indent(10).stripTrailing());
  }

  /** A field of a connection manager: an access log in a file. */
  public static String accessLog(Path file, String format) {
    return """
        access_log:
        - name: file
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
            path: %s
            log_format: {text_format_source: {inline_string: "%s\\n"}}
        """
        .formatted(file, format);
  }

  private static String yaml(InetSocketAddress address) {
    return "{socket_address: {address: \"%s\", port_value: %d}}"
        .formatted(address.getAddress().getHostAddress(), address.getPort());
  }
}
