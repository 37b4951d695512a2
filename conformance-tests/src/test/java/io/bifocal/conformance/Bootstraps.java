package io.bifocal.conformance;

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
}
