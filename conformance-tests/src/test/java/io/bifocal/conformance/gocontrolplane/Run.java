package io.bifocal.conformance.gocontrolplane;

import java.util.List;

/** One of the seven ways in which go-control-plane's own script runs its driver. */
enum Run {
  ADS("ads"),
  XDS("xds"),
  REST("rest"),
  DELTA("delta"),
  DELTA_ADS("delta-ads"),
  MUX("xds", "-mux"),
  TLS("ads", "-tls");

  private final String mode;
  private final String flag;

  Run(String mode) {
    this(mode, "");
  }

  Run(String mode, String flag) {
    this.mode = mode;
    this.flag = flag;
  }

  String mode() {
    return mode;
  }

  List<String> flags() {
    return flag.isEmpty() ? List.of() : List.of(flag);
  }

  /** The bootstrap that the driver's repository has for it, on other ports. */
  String bootstrap(int controlPlane, int gateway, int accessLogs) {
    String api =
        switch (this) {
          case REST ->
              """
              api_config_source:
                api_type: REST
                transport_api_version: V3
                refresh_delay: {nanos: 500000000}
                cluster_names:
                - xds_cluster
              """;
          case XDS, MUX -> grpc("GRPC");
          case DELTA -> grpc("DELTA_GRPC");
          case ADS, TLS, DELTA_ADS -> "ads: {}\n";
        };
    String ads =
        switch (this) {
          case ADS, TLS -> aggregated("GRPC");
          case DELTA_ADS -> aggregated("DELTA_GRPC");
          default -> "";
        };
    boolean rest = this == REST;
    return """
           admin:
             access_log_path: /dev/null
             address: {socket_address: {address: 127.0.0.1, port_value: 0}}
           node: {cluster: test-cluster, id: test-id}
           """
        + "dynamic_resources:\n"
        + ads.indent(2)
        + "  cds_config:\n    resource_api_version: V3\n"
        + api.indent(4)
        + "  lds_config:\n    resource_api_version: V3\n"
        + api.indent(4)
        + "layered_runtime:\n  layers:\n  - name: runtime-0\n    rtds_layer:\n"
        + "      name: runtime-0\n      rtds_config:\n        resource_api_version: V3\n"
        + api.indent(8)
        + "static_resources:\n  clusters:\n"
        + cluster("xds_cluster", rest ? gateway : controlPlane, !rest)
        + cluster("als_cluster", accessLogs, !rest);
  }

  private static String grpc(String type) {
    return """
        api_config_source:
          api_type: %s
          transport_api_version: V3
          grpc_services:
          - envoy_grpc: {cluster_name: xds_cluster}
          set_node_on_first_message_only: true
        """
        .formatted(type);
  }

  private static String aggregated(String type) {
    return """
        ads_config:
          api_type: %s
          transport_api_version: V3
          grpc_services:
            envoy_grpc: {cluster_name: xds_cluster}
          set_node_on_first_message_only: true
        """
        .formatted(type);
  }

  private static String cluster(String name, int port, boolean http2) {
    String cluster =
        """
          - name: %1$s
            connect_timeout: 1s
            load_assignment:
              cluster_name: %1$s
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %2$d}}}
        """
            .formatted(name, port);
    return http2 ? cluster + "    http2_protocol_options: {}\n" : cluster;
  }
}
