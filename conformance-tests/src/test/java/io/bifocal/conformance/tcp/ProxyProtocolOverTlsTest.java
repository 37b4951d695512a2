package io.bifocal.conformance.tcp;

import static io.bifocal.conformance.tcp.TcpSide.cluster;
import static io.bifocal.conformance.tcp.TcpSide.tcpProxy;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.tls.Certificates;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The PROXY protocol around TLS, by Envoy and by Bifocal: upstreams hear of the client before its
 * proxy's handshake begins, and listeners before the client's does.
 */
class ProxyProtocolOverTlsTest {
  @RegisterExtension
  static final TcpSides SIDES = new TcpSides(ProxyProtocolOverTlsTest::bootstrap);

  private static final String TYPES = "type.googleapis.com/envoy.extensions.";
  private static final X509Bundle ROOT = Certificates.root("root");
  private static final X509Bundle STRANGER = Certificates.root("stranger");
  private static final X509Bundle LEAF = Certificates.issue(ROOT, Certificates.leaf("up.test"));
  private static final String V1 = "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\n";
  private static final String V1_OF_6 = "PROXY TCP6 2001:db8::1 2001:db8:0:1::2 11 22\r\n";
  private static final String V2 =
      "\r\n\r\n\0\r\nQUIT\n!\u0011\0\u0010\1\2\3\4\5\6\7\u0008\0\13\0\u0016\u00d1\0\1x";

  private static String bootstrap(Path log, int port) {
    return listener("one", "", tcpProxy("one", log, "cluster: one"))
        + listener("secure_two", server(), tcpProxy("secure_two", log, "cluster: two"))
        + listener("untrusted", "", tcpProxy("untrusted", log, "cluster: untrusted"))
        + listener("http", server(), http())
        + "  clusters:\n"
        + cluster("one", transport("version: V1", ROOT), port)
        + cluster(
            "two",
            transport("version: V2, pass_through_tlvs: {match_type: INCLUDE_ALL}", ROOT),
            port)
        + cluster("untrusted", transport("version: V1", STRANGER), port);
  }

  private static String listener(String name, String transport, String filter) {
    String before =
        "{name: pp, typed_config: {\"@type\": %sfilters.listener.proxy_protocol.v3.ProxyProtocol, allow_requests_without_proxy_protocol: true, pass_through_tlvs: {match_type: INCLUDE_ALL}}}"
            .formatted(TYPES);
    return TcpSide.listener(name, 0, before, filter)
        .replace("    - filters:\n", "    - " + transport + "filters:\n");
  }

  private static String server() {
    return "transport_socket: {name: tls, typed_config: {\"@type\": %stransport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: %s}, private_key: {inline_string: %s}}]}}}\n      "
        .formatted(TYPES, quoted(LEAF.getCertificatePathPEM()), quoted(LEAF.getPrivateKeyPEM()));
  }

  private static String transport(String config, X509Bundle trusted) {
    return """
        transport_socket: {name: pp, typed_config: {"@type": %1$stransport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport, \
        config: {%2$s}, transport_socket: {name: tls, typed_config: {"@type": %1$stransport_sockets.tls.v3.UpstreamTlsContext, \
        sni: up.test, common_tls_context: {validation_context: {trusted_ca: {inline_string: %3$s}}}}}}},"""
        .formatted(TYPES, config, quoted(trusted.getCertificatePEM()));
  }

  private static String quoted(String pem) {
    return "\"" + pem.replace("\r", "").replace("\n", "\\n") + "\"";
  }

  private static String http() {
    return """
        "@type": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: http
        route_config:
          virtual_hosts:
          - name: all
            domains: ["*"]
            routes: [{match: {prefix: /}, route: {cluster: two}}]
        http_filters: [{name: r, typed_config: {"@type": %1$sfilters.http.router.v3.Router}}]
        """
        .formatted(TYPES);
  }

  /** A client that says first what it likes, and then begins its handshake if there is one. */
  private static Talk client(TcpSide side, String listener, String first) throws IOException {
    Socket socket = new Socket();
    socket.connect(side.proxy.listener(listener));
    socket.getOutputStream().write(Talk.bytes(first));
    return listener.startsWith("secure") || listener.equals("http")
        ? new Talk(secure(socket, true))
        : new Talk(socket);
  }

  private static SSLSocket secure(Socket socket, boolean asClient) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          LEAF.toKeyManagerFactory().getKeyManagers(),
          new TrustManager[] {ROOT.toTrustManager()},
          null);
      SSLSocket tls =
          (SSLSocket) context.getSocketFactory().createSocket(socket, "up.test", 1, true);
      tls.setUseClientMode(asClient);
      tls.setSoTimeout(5_000);
      return tls;
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** What is told before the first byte of TLS; the ports that are chosen by chance left out. */
  private static String header(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    read(in, head, 12);
    if (head.charAt(0) == '\r') {
      read(in, head, 4);
      read(in, head, (head.charAt(14) << 8) | head.charAt(15));
      return head.toString().replaceAll("(?s)(\u007f\0\0\1\u007f\0\0\1)....", "$1<ports>");
    }
    while (!head.toString().endsWith("\r\n")) {
      read(in, head, 1);
    }
    return head.toString().replaceAll("(127.0.0.1 127.0.0.1) \\d+ \\d+", "$1 <ports>");
  }

  private static void read(InputStream in, StringBuilder into, int bytes) throws IOException {
    into.append(new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1));
  }

  private static String agreed(TcpSide.Play play) {
    return SIDES.agreed(play, ProxyProtocolOverTlsTest::compared);
  }

  /** Without statistics of Envoy's TLS that have no counterpart, and without who closed first. */
  private static String compared(String seen) {
    return seen.replaceAll("cluster\\.\\w+\\.ssl\\.sigalgs\\.\\w+=1, ", "")
        .replaceAll("upstream_cx_destroy_(local|remote)", "upstream_cx_destroy_*");
  }

  static Stream<Arguments> clients() {
    return Stream.of("one", "secure_two")
        .flatMap(
            listener ->
                Stream.of("", V1, V1_OF_6, V2, "PROXY UNKNOWN\r\n")
                    .map(first -> Arguments.of(listener, first)));
  }

  @ParameterizedTest
  @MethodSource("clients")
  void theClientIsToldBeforeTheHandshake(String listener, String first) {
    String seen =
        agreed(
            (side, notes) -> {
              try (Talk client = client(side, listener, first)) {
                // Envoy shakes no client's hand before it has shaken an upstream's.
                var said = CompletableFuture.runAsync(() -> client.say("hello"));
                Socket raw = side.upstream.accept();
                raw.setSoTimeout(5_000);
                notes.add(header(raw));
                SSLSocket tls = secure(raw, false);
                tls.startHandshake();
                notes.add(
                    "for " + ((ExtendedSSLSession) tls.getSession()).getRequestedServerNames());
                try (Talk upstream = new Talk(tls)) {
                  notes.add(upstream.hear(5));
                  said.join();
                  upstream.say("there");
                  notes.add(client.hear(5));
                  client.endOutput();
                  notes.add(upstream.hearAll());
                }
              }
            });
    String told =
        switch (first) {
          case V1, V2 -> listener.endsWith("one") ? V1 : "\1\2\3\4\5\6\7\u0008\0\13\0\u0016";
          case V1_OF_6 -> listener.endsWith("one") ? V1_OF_6 : " \1\r\270\0\0";
          default -> "";
        };
    assertThat(seen).contains(told).contains("value=up.test", "hello", "there");
  }

  @ParameterizedTest
  @CsvSource({"untrusted"})
  void whoIsNotTrustedHasHeardOfTheClientAlready(String listener) {
    String seen =
        agreed(
            (side, notes) -> {
              try (Talk client = client(side, listener, V1)) {
                Socket raw = side.upstream.accept();
                raw.setSoTimeout(5_000);
                notes.add(header(raw));
                try (Talk upstream = new Talk(secure(raw, false))) {
                  notes.add(upstream.hearAll());
                  notes.add(client.hearAll());
                }
              }
            });
    assertThat(seen).startsWith(V1);
  }

  @ParameterizedTest
  @CsvSource({"V1", "V2"})
  void requestsAreToldOfTheSameWay(String version) {
    String seen = SIDES.same(side -> request(side, version.equals("V1") ? V1 : V2));
    assertThat(seen)
        .contains("\1\2\3\4\5\6\7\u0008\0\13\0\u0016")
        .endsWith("GET /a HTTP/1.1\r\nHTTP/1.1 204");
  }

  private static String request(TcpSide side, String first) throws IOException {
    try (Talk client = client(side, "http", first)) {
      client.say("GET /a HTTP/1.1\r\nhost: h\r\n\r\n");
      Socket raw = side.upstream.accept();
      raw.setSoTimeout(5_000);
      String header = header(raw);
      try (Talk upstream = new Talk(secure(raw, false))) {
        String line = upstream.hear(17);
        upstream.say("HTTP/1.1 204 X\r\n\r\n");
        return header + line + client.hear(12);
      }
    }
  }
}
