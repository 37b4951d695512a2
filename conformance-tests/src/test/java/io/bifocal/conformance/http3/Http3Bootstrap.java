package io.bifocal.conformance.http3;

import io.bifocal.conformance.Bootstraps;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Listeners of QUIC, and a cluster named raced that speaks HTTP/2 to one address. */
final class Http3Bootstrap {
  private static final String LOG =
      "%REQ(:PATH)% %PROTOCOL% %REQ(:METHOD)% %RESPONSE_CODE% %RESPONSE_FLAGS%"
          + " %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT% %TRAILER(T)%"
          + " %REQUESTED_SERVER_NAME% %DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER%"
          + " %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_LOCAL_SUBJECT% %DOWNSTREAM_TLS_SESSION_ID%"
          + " %FILTER_CHAIN_NAME% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
          + " %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_TRANSPORT_FAILURE_REASON%"
          + " %CONNECTION_TERMINATION_DETAILS%";
  private static final String CHAIN_LOG =
      "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DOWNSTREAM_TRANSPORT_FAILURE_REASON%"
          + " %REQUESTED_SERVER_NAME% %FILTER_CHAIN_NAME% %DOWNSTREAM_TLS_VERSION% %CONNECTION_TERMINATION_DETAILS%";

  private Http3Bootstrap() {}

  static String head() {
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
        """;
  }

  /** The static cluster. */
  static String cluster(InetSocketAddress upstream) {
    return "  clusters:\n" + Bootstraps.http2Cluster("raced", upstream.getPort());
  }

  /** A further one, of HTTP/1.1 and of bytes. */
  static String tunnelCluster(InetSocketAddress upstream) {
    return """
          - name: tunnel
            connect_timeout: 5s
            load_assignment: {cluster_name: tunnel, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
        """
        .formatted(upstream.getPort());
  }

  /**
   * A listener.
   *
   * @param quic fields of {@code quic_options}
   * @param more fields of the listener, as one line of YAML, or empty
   */
  static String listener(String name, String address, String quic, String more, String... chains) {
    return """
          - name: %s
            address: {socket_address: {protocol: UDP, address: "%s", port_value: 0}}
            udp_listener_config: {quic_options: {%s}}
            %s
            filter_chains:
        %s
        """
        .formatted(name, address, quic, more, String.join("", chains).indent(4).stripTrailing())
        .indent(0);
  }

  /** A log of a listener's connections. */
  static String connectionLog(Path file) {
    return "access_log: [{name: file, typed_config: {\"@type\":"
        + " type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: %s,"
            .formatted(file)
        + " log_format: {text_format_source: {inline_string: \"%s\\n\"}}}}]".formatted(CHAIN_LOG);
  }

  /**
   * A filter chain.
   *
   * @param tls fields of {@code downstream_tls_context}
   * @param manager further fields of the connection manager, as YAML
   */
  static String chain(String name, String match, String tls, Path log, String manager) {
    return """
        - name: %1$s
          filter_chain_match: {%2$s}
          transport_socket:
            name: envoy.transport_sockets.quic
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
              downstream_tls_context: {%3$s}
          filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: %1$s
              codec_type: HTTP3
        %4$s
              route_config:
                name: routes
                validate_clusters: false
                virtual_hosts:
                - name: tunnels
                  domains: ["tunnel.test", "tunnel.test:80"]
                  routes:
                  - {match: {connect_matcher: {}}, route: {cluster: tunnel, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}]}}
                  - {match: {prefix: /}, route: {cluster: tunnel}}
                - name: all
                  domains: ["*"]
                  response_headers_to_add: [{header: {key: alt-svc, value: 'h3=":443"; ma=86400'}}]
                  routes:
                  - {match: {path: /direct}, direct_response: {status: 418, body: {inline_string: teapot}}}
                  - {match: {path: /validated, tls_context: {validated: true}}, direct_response: {status: 200, body: {inline_string: validated}}}
                  - {match: {path: /validated, tls_context: {presented: true}}, direct_response: {status: 200, body: {inline_string: presented}}}
                  - {match: {path: /validated}, direct_response: {status: 200, body: {inline_string: nobody}}}
                  - {match: {prefix: /timeout}, route: {cluster: raced, timeout: 0.3s}}
                  - {match: {prefix: /nowhere}, route: {cluster: nowhere}}
                  - {match: {connect_matcher: {}}, route: {cluster: raced, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}]}}
                  - {match: {prefix: /}, route: {cluster: raced}}
        %5$s
              http_filters:
              - name: envoy.filters.http.router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
        """
        .formatted(
            name,
            match,
            tls,
            Bootstraps.accessLog(log, LOG).indent(6).stripTrailing(),
            manager.indent(6).stripTrailing());
  }

  /** A field of a {@code common_tls_context}: certificates with their keys. */
  static String certificates(X509Bundle... bundles) {
    return "tls_certificates: ["
        + List.of(bundles).stream()
            .map(
                bundle ->
                    "{certificate_chain: {inline_string: \"%s\"}, private_key: {inline_string: \"%s\"}}"
                        .formatted(
                            line(bundle.getCertificatePathPEM()), line(bundle.getPrivateKeyPEM())))
            .collect(Collectors.joining(", "))
        + "]";
  }

  static String line(String pem) {
    return pem.replace("\n", "\\n");
  }
}
