package io.bifocal.conformance.clients;

import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Stage;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Bootstraps of one listener named ingress and one cluster named upstream, each by TLS or not.
 *
 * @param own the certificate of everybody who has one, for localhost; everybody trusts it
 * @param chain it in a file
 * @param key its key in a file
 */
record Door(X509Bundle own, Path chain, Path key) {
  private static final String SOCKETS = "type.googleapis.com/envoy.extensions.transport_sockets.";

  /** A field of the cluster: it speaks HTTP/2. */
  static final String HTTP2 =
      "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions:"
          + " {'@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,"
          + " explicit_http_config: {http2_protocol_options: {}}}}";

  /** With a new certificate for localhost. */
  static Door on(Stage stage) {
    try {
      X509Bundle own =
          new CertificateBuilder()
              .ecp256()
              .subject("CN=localhost")
              .addSanDnsName("localhost")
              .setIsCertificateAuthority(true)
              .buildSelfSigned();
      return new Door(
          own,
          stage.write("chain.pem", own.getCertificatePathPEM()),
          stage.write("key.pem", own.getPrivateKeyPEM()));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The bootstrap up to its cluster.
   *
   * @param manager further fields of the connection manager, on one line, or empty
   */
  String ingress(String manager) {
    return Bootstraps.ingress(
        manager
            + "\nroute_config: {name: routes, virtual_hosts: [{name: all, domains: ['*'],"
            + " routes: [{match: {prefix: /}, route: {cluster: upstream}}]}]}\n");
  }

  /** The same by TLS, where HTTP/2 is chosen by who knows it. */
  String tlsIngress(String manager) {
    String tls =
        "transport_socket: {name: tls, typed_config: {'@type': %stls.v3.DownstreamTlsContext, common_tls_context: {alpn_protocols: [h2, http/1.1], tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s}}]}}}"
            .formatted(SOCKETS, chain, key);
    return ingress(manager).replace("    - filters:", "    - " + tls + "\n      filters:");
  }

  /** The cluster, with further fields of a line each. */
  String cluster(InetSocketAddress upstream, String... fields) {
    return """
          - name: upstream
            type: STATIC
            connect_timeout: 5s
            load_assignment: {cluster_name: upstream, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
        """
            .formatted(upstream.getPort())
        + String.join("\n", fields).indent(4);
  }

  /** A field of the cluster: it is spoken to by TLS. */
  String tls() {
    return "transport_socket: {name: tls, typed_config: {'@type': %stls.v3.UpstreamTlsContext, sni: localhost, common_tls_context: {validation_context: {trusted_ca: {filename: %s}}}}}"
        .formatted(SOCKETS, chain);
  }
}
