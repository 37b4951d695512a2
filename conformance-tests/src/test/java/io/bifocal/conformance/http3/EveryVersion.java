package io.bifocal.conformance.http3;

import io.netty.pkitesting.X509Bundle;

/** Two listeners that serve the same by every version of HTTP: by TLS over TCP, and over QUIC. */
final class EveryVersion {
  private static final String TYPES = "type.googleapis.com/envoy.extensions.";

  private EveryVersion() {}

  /**
   * Elements of {@code static_resources.listeners}, named tcp and quic.
   *
   * @param port of both, 0 for any
   * @param manager fields of both connection managers, as one line of YAML in a mapping
   */
  static String listeners(int port, X509Bundle own, String manager) {
    String certificates = Http3Bootstrap.certificates(own);
    return """
          - name: tcp
            address: {socket_address: {address: 127.0.0.1, port_value: %1$d}}
            filter_chains:
            - transport_socket: {name: tls, typed_config: {"@type": %2$stransport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {alpn_protocols: [h2, http/1.1], %3$s}}}
              filters: [%4$s]
          - name: quic
            address: {socket_address: {protocol: UDP, address: 127.0.0.1, port_value: %1$d}}
            udp_listener_config: {quic_options: {}}
            filter_chains:
            - transport_socket: {name: quic, typed_config: {"@type": %2$stransport_sockets.quic.v3.QuicDownstreamTransport, downstream_tls_context: {common_tls_context: {%3$s}}}}
              filters: [%5$s]
        """
        .formatted(port, TYPES, certificates, manager("AUTO", manager), manager("HTTP3", manager));
  }

  private static String manager(String codec, String fields) {
    return "{name: hcm, typed_config: {\"@type\": "
        + TYPES
        + "filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: in,"
        + " codec_type: "
        + codec
        + ", "
        + fields
        + "}}";
  }

  /** A field of a connection manager: HTTP filters, the router last. */
  static String filters(String... before) {
    StringBuilder filters = new StringBuilder("http_filters: [");
    for (String type : before) {
      filters
          .append("{name: f, typed_config: {\"@type\": ")
          .append(TYPES)
          .append(type)
          .append("}}, ");
    }
    return filters
        + "{name: router, typed_config: {\"@type\": "
        + TYPES
        + "filters.http.router.v3.Router}}]";
  }

  /** A field of a connection manager: everything gets this, on one line. */
  static String routes(String virtualHost) {
    return "route_config: {name: routes, virtual_hosts: [{name: all, domains: [\"*\"], "
        + virtualHost
        + "}]}";
  }

  /**
   * An element of {@code static_resources.clusters}, named up, by QUIC and by TLS.
   *
   * @param options fields of its {@code HttpProtocolOptions}
   */
  static String cluster(int port, X509Bundle trusted, String options) {
    return """
          - name: up
            connect_timeout: 10s
            transport_socket: {name: envoy.transport_sockets.quic, typed_config: {"@type": %2$stransport_sockets.quic.v3.QuicUpstreamTransport, upstream_tls_context: {sni: localhost, common_tls_context: {validation_context: {trusted_ca: {inline_string: "%3$s"}}}}}}
            typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": %2$supstreams.http.v3.HttpProtocolOptions, %4$s}}
            load_assignment: {cluster_name: up, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %1$d}}}}]}]}
        """
        .formatted(port, TYPES, Http3Bootstrap.line(trusted.getCertificatePEM()), options);
  }
}
