package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every command of Envoy's that a log may name, of one request of each kind: HTTP/1.1, HTTP/2 over
 * TLS on both sides, a TCP connection with TLS and one without. Each proxy is its own upstream.
 */
class LogCommandsBesideEnvoyTest {
  private static final String TYPE = "type.googleapis.com/envoy.extensions.";

  /** Without parameters. */
  private static final String PLAIN =
      """
      ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CONNECTION_ID
      CONNECTION_TERMINATION_DETAILS CUSTOM_FLAGS DOWNSTREAM_CX_RTT
      DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_DIRECT_LOCAL_ADDRESS
      DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID
      DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_LOCAL_PORT
      DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT
      DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_LOCAL_ADDRESS
      DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT
      DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN
      DOWNSTREAM_LOCAL_IP_SAN DOWNSTREAM_LOCAL_OTHERNAME_SAN DOWNSTREAM_LOCAL_PORT
      DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT
      DOWNSTREAM_PEER_CERT_V_END DOWNSTREAM_PEER_CERT_V_START
      DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256
      DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN
      DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN
      DOWNSTREAM_PEER_ISSUER DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256
      DOWNSTREAM_PEER_ISSUER_SERIAL DOWNSTREAM_PEER_OTHERNAME_SAN DOWNSTREAM_PEER_SERIAL
      DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_REMOTE_ADDRESS
      DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT DOWNSTREAM_TLS_CIPHER
      DOWNSTREAM_TLS_GROUP DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON
      DURATION EMIT_TIME EMIT_TIME_LOCAL FILTER_CHAIN_NAME GRPC_STATUS GRPC_STATUS_NUMBER
      HOSTNAME LISTENER_NAME LOCAL_REPLY_BODY PACKETS_RETRANSMITTED PATH PROTOCOL
      QUERY_PARAMS REQUESTED_SERVER_NAME REQUEST_DURATION REQUEST_TX_DURATION
      RESPONSE_CODE RESPONSE_CODE_DETAILS RESPONSE_DURATION RESPONSE_FLAGS
      RESPONSE_FLAGS_LONG RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION
      ROUTE_NAME ROUTE_RESOLUTION_COUNT SPAN_ID START_TIME START_TIME_LOCAL STREAM_ID
      TRACE_ID UNIQUE_ID UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID
      UPSTREAM_CONNECTION_IDS_ATTEMPTED UPSTREAM_CONNECTION_POOL_READY_DURATION
      UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_HOST UPSTREAM_HOSTS_ATTEMPTED
      UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT UPSTREAM_HOST_NAME
      UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT
      UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS
      UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_CLOSE_REASON
      UPSTREAM_LOCAL_DNS_SAN UPSTREAM_LOCAL_IP_SAN UPSTREAM_LOCAL_PORT
      UPSTREAM_LOCAL_URI_SAN UPSTREAM_PEER_CERT UPSTREAM_PEER_CERT_V_END
      UPSTREAM_PEER_CERT_V_START UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN
      UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL
      UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID
      UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_PORT
      UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_SERVER_NAME UPSTREAM_TLS_CIPHER
      UPSTREAM_TLS_GROUP UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_VERSION UPSTREAM_TRANSPORT_FAILURE_REASON
      VIRTUAL_CLUSTER_NAME
      DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT
      DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT
      DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
      UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT
      UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_HEADER_BYTES_SENT
      UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
      """;

  private static final List<String> WITH_PARAMETERS =
      List.of(
          "METADATA(ROUTE:a:b)",
          "METADATA(CLUSTER:a:b)",
          "METADATA(LISTENER:a:b)",
          "METADATA(UPSTREAM_HOST:a:b)",
          "METADATA(VIRTUAL_HOST:a:b)",
          "METADATA(LISTENER_FILTER_CHAIN:a:b)",
          "METADATA(DYNAMIC:a:b)",
          "CLUSTER_METADATA(a)",
          "CLUSTER_METADATA(a:n)",
          "CLUSTER_METADATA(x)",
          "UPSTREAM_METADATA(a:b)",
          "REQUESTED_SERVER_NAME(SNI_FIRST)",
          "REQUESTED_SERVER_NAME(SNI_FIRST:ORIG)",
          "REQUESTED_SERVER_NAME(HOST_FIRST:HOST)",
          "REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)",
          "FILTER_STATE(a)",
          "FILTER_STATE(a:PLAIN)",
          "UPSTREAM_FILTER_STATE(a)",
          "STREAM_INFO_REQ(x-a)",
          "REQUEST_HEADER(x-a):3",
          "RESPONSE_TRAILER(x)",
          "CEL(request.path)",
          "CEL(request.url_path)",
          "CEL(request.query)",
          "CEL(request.headers['x-a'])",
          "CEL(request.headers['nope'])",
          "CEL(request.method == 'GET' && response.code == 200)",
          "CEL(request.size)",
          "TYPED_CEL(request.size)",
          "TYPED_CEL(request.headers.size() > 3)",
          "TYPED_CEL('x-a' in request.headers)",
          "TYPED_CEL(request.duration < duration('1h'))",
          "TYPED_CEL(request.nope)",
          "TYPED_CEL(response.flags)",
          "TYPED_CEL(response.code)",
          "CEL(response.code_details)",
          "CEL(connection.mtls)",
          "CEL(connection.tls_version)",
          "CEL(connection.subject_peer_certificate)",
          "CEL(connection.dns_san_peer_certificate)",
          "CEL(connection.requested_server_name)",
          "CEL(connection.sha256_peer_certificate_digest)",
          "CEL(upstream.tls_version)",
          "CEL(upstream.uri_san_local_certificate)",
          "CEL(upstream.request_attempt_count)",
          "CEL(upstream.transport_failure_reason)",
          "CEL(source.address.startsWith('127.0.0.1:'))",
          "CEL(xds.cluster_name)",
          "CEL(xds.route_name)",
          "CEL(xds.virtual_host_name)",
          "CEL(xds.filter_chain_name)",
          "CEL(xds.cluster_metadata.filter_metadata['a']['b'])",
          "CEL(xds.route_metadata.filter_metadata['a']['b'])",
          "TYPED_CEL(xds.listener_metadata.filter_metadata['a']['n'] == 1.5)",
          "TYPED_CEL(xds.listener_direction)",
          "CEL(xds.upstream_host_metadata.filter_metadata['a']['b'])",
          "CEL(metadata.filter_metadata['a'])",
          "CEL(nosuch.thing)",
          "CEL(1 / 0)",
          "CEL(nosuch.thing || true)");

  /** What differs from run to run: that there is a value of its kind is compared. */
  private static final Pattern OWN =
      Pattern.compile(
          ".*(DURATION|_TIME|_TIME_LOCAL|_PORT|STREAM_ID|UNIQUE_ID|CONNECTION_ID|IDS_ATTEMPTED)"
              + "|.*TLS_SESSION_ID|.*STREAM_(WIRE|HEADER|DECOMPRESSED_HEADER)_BYTES_.*");

  private static final X509Bundle BUNDLE = bundle();

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  private static X509Bundle bundle() {
    try {
      return new CertificateBuilder()
          .ecp256()
          .subject("CN=unit,O=x")
          .setIsCertificateAuthority(true)
          .addSanDnsName("a.example")
          .addSanUriName("spiffe://a/b")
          .addSanIpAddress("127.0.0.1")
          .addSanRfc822Name("a@b")
          .buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** One proxy, in front of itself. */
  private static final class Side {
    private final Path log;
    private final Proxy proxy;
    private int lines;

    Side(Subject subject, Started started) {
      log = started.directory().resolve(subject + ".log");
      Path chain = started.write("chain.pem", BUNDLE.getCertificatePathPEM());
      Path key = started.write("key.pem", BUNDLE.getPrivateKeyPEM());
      String tls =
          "tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s}}], validation_context: {trusted_ca: {filename: %s}}"
              .formatted(chain, key, chain);
      int plain = Ports.free();
      int secure = Ports.free();
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  bootstrap(tls, plain, secure),
                  List.of("--file-flush-interval-msec", "20", "-l", "warning"))
              .awaitLive();
    }

    private String bootstrap(String tls, int plain, int secure) {
      String server =
          "transport_socket: {name: tls, typed_config: {\"@type\": %stransport_sockets.tls.v3.DownstreamTlsContext, require_client_certificate: true, common_tls_context: {alpn_protocols: [h2, http/1.1], %s}}},"
              .formatted(TYPE, tls);
      String client =
          "transport_socket: {name: tls, typed_config: {\"@type\": %stransport_sockets.tls.v3.UpstreamTlsContext, sni: a.example, common_tls_context: {%s}}},"
              .formatted(TYPE, tls);
      String http2 =
          "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\": %supstreams.http.v3.HttpProtocolOptions, explicit_http_config: {http2_protocol_options: {}}}},"
              .formatted(TYPE);
      String direct = "direct_response: {status: 200, body: {inline_string: hello world}}";
      return """
          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          static_resources:
            listeners:
          """
          + listener("http1", 0, "", manager("route: {cluster: plain}", true))
          + listener("http2", 0, server, manager("route: {cluster: secure}", true))
          + listener("tcp", 0, "", tcp("plain"))
          + listener("tls", 0, server, tcp("secure"))
          + listener("origin", plain, "", manager(direct, false))
          + listener("secureorigin", secure, server, manager(direct, false))
          + "  clusters:\n"
          + cluster("plain", plain, "")
          + cluster("secure", secure, client + http2);
    }

    private String accessLog() {
      StringBuilder keys = new StringBuilder();
      for (String command : PLAIN.strip().split("\\s+")) {
        keys.append("\"%1$s\": \"%%%1$s%%\", ".formatted(command));
      }
      for (String command : WITH_PARAMETERS) {
        keys.append("\"%1$s\": \"%%%1$s%%\", ".formatted(command));
      }
      String file =
          "typed_config: {\"@type\": %saccess_loggers.file.v3.FileAccessLog, path: \"%s\", log_format: {json_format: {%s}}}"
              .formatted(TYPE, log, keys);
      return "access_log: [{name: log, %1$s, %3$s}, {name: none, %2$s, %3$s}],"
          .formatted(expression("connection.id >= 0u"), expression("response.code == 999"), file);
    }

    private static String expression(String expression) {
      return "filter: {extension_filter: {name: cel, typed_config: {\"@type\": %saccess_loggers.filters.cel.v3.ExpressionFilter, expression: \"%s\"}}}"
          .formatted(TYPE, expression);
    }

    private static String metadata(String of) {
      return "metadata: {filter_metadata: {a: {b: %s, n: 1.5}}},".formatted(of);
    }

    private static String listener(String name, int port, String transport, String filter) {
      return "  - {name: %s, %s address: {socket_address: {address: 127.0.0.1, port_value: %d}}, filter_chains: [{name: chain, %s %s filters: [%s]}]}\n"
          .formatted(name, metadata("listener"), port, metadata("chain"), transport, filter);
    }

    private String manager(String action, boolean logged) {
      return ("{name: http, typed_config: {\"@type\": %sfilters.network.http_connection_manager.v3.HttpConnectionManager,"
              + " stat_prefix: s, %s route_config: {virtual_hosts: [{name: v, %s domains: [\"*\"], routes: [{name: r, %s match: {prefix: /}, %s}]}]},"
              + " http_filters: [{name: router, typed_config: {\"@type\": %sfilters.http.router.v3.Router}}]}}")
          .formatted(
              TYPE, logged ? accessLog() : "", metadata("host"), metadata("route"), action, TYPE);
    }

    private String tcp(String cluster) {
      return "{name: tcp, typed_config: {\"@type\": %sfilters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, %s cluster: %s}}"
          .formatted(TYPE, accessLog(), cluster);
    }

    private static String cluster(String name, int port, String more) {
      return "  - {name: %1$s, type: STATIC, %2$s %3$s load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [{%4$s endpoint: {hostname: host.x, address: {socket_address: {address: 127.0.0.1, port_value: %5$d}}}}]}]}}\n"
          .formatted(name, metadata("cluster"), more, metadata("upstream"), port);
    }

    /** Asks, and gives what was logged. */
    Map<String, String> logged(String listener) {
      InetSocketAddress address = proxy.listener(listener);
      try {
        switch (listener) {
          case "http2" -> askOverHttp2(address);
          case "tls" ->
              ask(
                  trusting()
                      .getSocketFactory()
                      .createSocket(address.getAddress(), address.getPort()));
          default -> ask(new Socket(address.getAddress(), address.getPort()));
        }
      } catch (Exception e) {
        throw new AssertionError(e);
      }
      List<String> all =
          await("a line in the log")
              .until(() -> AccessLogFile.lines(log), found -> found.size() > lines);
      assertThat(all).hasSize(lines + 1);
      lines = all.size();
      return normalised(JsonParser.parseString(all.get(lines - 1)).getAsJsonObject());
    }

    private static void ask(Socket socket) throws IOException {
      try (socket) {
        socket
            .getOutputStream()
            .write(
                "GET /a?b=c HTTP/1.1\r\nhost: test\r\nx-a: value\r\nconnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        var unused = socket.getInputStream().readAllBytes();
      }
    }

    private static void askOverHttp2(InetSocketAddress address) throws Exception {
      var unused =
          HttpClient.newBuilder()
              .sslContext(trusting())
              .build()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("https://127.0.0.1:" + address.getPort() + "/a?b=c"))
                      .header("x-a", "value")
                      .GET() // an answer does not wait for a body, of which a log would tell
                      .build(),
                  HttpResponse.BodyHandlers.discarding());
    }

    private static SSLContext trusting() throws Exception {
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(
          BUNDLE.toKeyManagerFactory().getKeyManagers(),
          BUNDLE.toTrustManagerFactory().getTrustManagers(),
          null);
      return context;
    }

    private static Map<String, String> normalised(JsonObject line) {
      Map<String, String> values = new TreeMap<>();
      for (Map.Entry<String, JsonElement> entry : line.entrySet()) {
        String value = entry.getValue().toString();
        values.put(
            entry.getKey(),
            OWN.matcher(entry.getKey()).matches()
                ? value.replaceAll("-?[0-9a-f]+", "0")
                : value.replaceAll(":[0-9]+\"", ":port\""));
      }
      return values;
    }
  }

  @ParameterizedTest
  @CsvSource({"http1", "http2", "tcp", "tls"})
  void everyCommandSaysTheSame(String listener) {
    SideBySide.Both<Map<String, String>> logged = SIDES.ask(side -> side.logged(listener));
    List<String> differences = new ArrayList<>();
    logged
        .envoy()
        .forEach(
            (command, value) -> {
              String ours = logged.bifocal().get(command);
              if (!value.equals(ours)) {
                differences.add(command + ": " + value + " but " + ours);
              }
            });
    assertThat(differences).isEmpty();
  }
}
