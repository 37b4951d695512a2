package io.bifocal.conformance.http2;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/** A listener named ingress, and a cluster named raced that speaks HTTP/2 to one address. */
final class Http2Bootstrap {
  static final String EXPLICIT = "explicit_http_config: {http2_protocol_options: {}}";

  private Http2Bootstrap() {}

  static String of(InetSocketAddress upstream, Path log) {
    return of(upstream, log, EXPLICIT, "");
  }

  /**
   * The same in general.
   *
   * @param protocol the content of {@code HttpProtocolOptions}
   * @param more fields of the cluster, as one line of YAML, or empty
   */
  static String of(InetSocketAddress upstream, Path log, String protocol, String more) {
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
                  access_log:
                  - name: file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: %s
                      log_format: {text_format_source: {inline_string: "%%REQ(:PATH)%% %%RESPONSE_CODE%% %%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%% %%BYTES_RECEIVED%% %%TRAILER(T)%% %%UPSTREAM_CLUSTER%%\\n"}}
                  route_config:
                    name: routes
                    virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                      - {match: {prefix: /timeout}, route: {cluster: raced, timeout: 0.3s}}
                      - {match: {prefix: /}, route: {cluster: raced}}
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          clusters:
          - name: raced
            type: STATIC
            connect_timeout: 5s
            load_assignment:
              cluster_name: raced
              endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: "%s", port_value: %d}}}}]}]
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                %s
        %s
        """
        .formatted(
            log,
            upstream.getAddress().getHostAddress(),
            upstream.getPort(),
            protocol,
            more.isEmpty() ? "" : "    " + more);
  }
}
