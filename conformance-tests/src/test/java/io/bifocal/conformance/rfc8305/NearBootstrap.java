package io.bifocal.conformance.rfc8305;

import java.nio.file.Path;

/**
 * What a subject on the near side starts with: clusters by ADS over the link to the lab's host, a
 * listener that sends a request to the cluster named in its header {@code x-cluster}, once more
 * after a failure to connect when there is a header {@code x-retries}, and one that splices
 * connections to the cluster {@code tcp}.
 */
final class NearBootstrap {
  private static final String LOG =
      "%REQ(x-cluster)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
          + " %UPSTREAM_TRANSPORT_FAILURE_REASON% host=%UPSTREAM_HOST%"
          + " remote=%UPSTREAM_REMOTE_ADDRESS% tries=%UPSTREAM_REQUEST_ATTEMPT_COUNT% body=%RESP(x-body-read)%\\n";

  private NearBootstrap() {}

  static String yaml(Lab lab, int controlPlanePort, Path accessLog) {
    return """
        node: {id: near, cluster: lab}
        admin: {address: {socket_address: {address: %1$s, port_value: 0}}}
        layered_runtime: {layers: [{name: admin, admin_layer: {}}]}
        dynamic_resources:
          ads_config:
            api_type: GRPC
            transport_api_version: V3
            grpc_services: [{envoy_grpc: {cluster_name: xds_cluster}}]
          cds_config: {ads: {}, resource_api_version: V3}
        static_resources:
          listeners:
          - name: tcp
            address: {socket_address: {address: %1$s, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.tcp_proxy
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                  stat_prefix: tcp
                  cluster: tcp
          - name: ingress
            address: {socket_address: {address: %1$s, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: ingress
                  access_log:
                  - name: file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: %4$s
                      log_format: {text_format_source: {inline_string: "%5$s"}}
                  route_config:
                    name: routes
                    virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                      - match: {prefix: /, headers: [{name: x-retries, present_match: true}]}
                        route:
                          cluster_header: x-cluster
                          retry_policy:
                            retry_on: connect-failure
                            num_retries: 1
                            retry_back_off: {base_interval: 0.001s, max_interval: 0.001s}
                      - {match: {prefix: /}, route: {cluster_header: x-cluster}}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          clusters:
          - name: xds_cluster
            type: STATIC
            connect_timeout: 5s
            load_assignment:
              cluster_name: xds_cluster
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: %2$s, port_value: %3$d}}}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http2_protocol_options: {}}
        """
        .formatted(lab.nearAddress(), lab.hostAddress(), controlPlanePort, accessLog, LOG);
  }
}
