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
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What logs say of the bytes on the wire, over HTTP/1.1, HTTP/2, and of TCP connections. */
class BytesBesideEnvoyTest {
  private static final String TYPE = "type.googleapis.com/envoy.extensions.";
  private static final String HOST = " HTTP/1.1\r\nhost: test\r\n";

  private static final List<String> COMMANDS =
      List.of(
          "BYTES_RECEIVED",
          "BYTES_SENT",
          "REQUEST_HEADERS_BYTES",
          "RESPONSE_HEADERS_BYTES",
          "RESPONSE_TRAILERS_BYTES",
          "DOWNSTREAM_WIRE_BYTES_RECEIVED",
          "DOWNSTREAM_WIRE_BYTES_SENT",
          "DOWNSTREAM_HEADER_BYTES_RECEIVED",
          "DOWNSTREAM_HEADER_BYTES_SENT",
          "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
          "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
          "UPSTREAM_WIRE_BYTES_RECEIVED",
          "UPSTREAM_WIRE_BYTES_SENT",
          "UPSTREAM_HEADER_BYTES_RECEIVED",
          "UPSTREAM_HEADER_BYTES_SENT",
          "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
          "UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT");

  private static final Map<String, String> ANSWERS =
      Map.ofEntries(
          Map.entry("/length", "200 OK\r\ncontent-length: 5\r\nx-b:   1  \r\n\r\nhello"),
          Map.entry(
              "/chunks", "200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
          Map.entry(
              "/trailers",
              "200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n5\r\nhello\r\n0\r\nx-t: v\r\n\r\n"),
          Map.entry("/bare", "204 No Content\r\n\r\n"),
          Map.entry("/retried", "503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"),
          Map.entry(
              "/again", "302 Found\r\nlocation: http://test/length\r\ncontent-length: 0\r\n\r\n"));

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  /**
   * What is asked.
   *
   * @param parts sent one after the other
   * @param lines that are logged then
   */
  private record Ask(String name, int lines, List<String> parts) {
    Ask(String name, int lines, String... parts) {
      this(name, lines, List.of(parts));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** One proxy, before an upstream, and before itself where HTTP/2 is spoken. */
  private static final class Side {
    private final Path log;
    private final Path origins;
    private final Proxy proxy;
    private int lines;
    private int originLines;

    Side(Subject subject, Started started) {
      log = started.directory().resolve(subject + ".log");
      origins = started.directory().resolve(subject + ".origin");
      int origin = Ports.free();
      int tunnel = Ports.free();
      HearingUpstream upstream =
          started.keep(
              new HearingUpstream(
                  request -> {
                    String answer = ANSWERS.get(request.path());
                    return answer == null ? "" : "HTTP/1.1 " + answer;
                  }));
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  bootstrap(upstream.address().getPort(), origin, tunnel),
                  List.of("--file-flush-interval-msec", "20", "-l", "warning"))
              .awaitLive();
    }

    private String bootstrap(int upstream, int origin, int tunnel) {
      return """
          admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
          static_resources:
            listeners:
          """
          + listener("http1", 0, manager("upstream", log))
          + listener("http2", 0, manager("own", log))
          + listener("origin", origin, manager("upstream", origins))
          + listener("tcp", 0, tcp("upstream", ""))
          + listener("tunnels", 0, tcp("tunnel", "tunneling_config: {hostname: \"a.b:1\"},"))
          + listener("tunnel", tunnel, manager("upstream", origins))
          + "  - {name: echo, %s address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [%s]}]}\n"
              .formatted(
                  accessLog(log),
                  "{name: e, typed_config: {\"@type\": " + TYPE + "filters.network.echo.v3.Echo}}")
          + "  - {name: plain, %s address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [%s]}]}\n"
              .formatted(accessLog(log), manager("upstream", origins))
          + "  clusters:\n"
          + cluster("upstream", upstream, "http_protocol_options: {enable_trailers: true}")
          + cluster("own", origin, "http2_protocol_options: {}")
          + cluster("tunnel", tunnel, "http_protocol_options: {}");
    }

    private static String accessLog(Path file) {
      StringBuilder keys = new StringBuilder();
      for (String command : COMMANDS) {
        keys.append("\"%1$s\": \"%%%1$s%%\", ".formatted(command));
      }
      return "access_log: [{name: log, typed_config: {\"@type\": %saccess_loggers.file.v3.FileAccessLog, path: \"%s\", log_format: {json_format: {%s}}}}],"
          .formatted(TYPE, file, keys);
    }

    private static String listener(String name, int port, String filter) {
      return "  - {name: %s, address: {socket_address: {address: 127.0.0.1, port_value: %d}}, filter_chains: [{filters: [%s]}]}\n"
          .formatted(name, port, filter);
    }

    private static String manager(String cluster, Path file) {
      String retry =
          "retry_policy: {retry_on: 5xx, num_retries: 2, retry_back_off: {base_interval: 0.001s}}";
      String routes =
          "{match: {connect_matcher: {}}, route: {cluster: %1$s, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}]}},"
              + "{match: {prefix: /direct}, direct_response: {status: 200, body: {inline_string: hello world}}},"
              + "{match: {prefix: /retried}, route: {cluster: %1$s, %2$s}},"
              + "{match: {prefix: /again}, route: {cluster: %1$s, internal_redirect_policy: {}}},"
              + "{match: {prefix: /}, route: {cluster: %1$s}}";
      return ("{name: http, typed_config: {\"@type\": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: s, %2$s"
              + " http_protocol_options: {enable_trailers: true}, http2_protocol_options: {allow_connect: true}, upgrade_configs: [{upgrade_type: CONNECT}],"
              + " route_config: {virtual_hosts: [{name: v, domains: [\"*\"], routes: [%3$s]}]},"
              + " http_filters: [{name: router, typed_config: {\"@type\": %1$sfilters.http.router.v3.Router, suppress_envoy_headers: true}}]}}")
          .formatted(TYPE, accessLog(file), routes.formatted(cluster, retry));
    }

    private String tcp(String cluster, String fields) {
      return "{name: tcp, typed_config: {\"@type\": %sfilters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, %s %s cluster: %s}}"
          .formatted(TYPE, accessLog(log), fields, cluster);
    }

    private static String cluster(String name, int port, String spoken) {
      return ("  - {name: %1$s, type: STATIC, typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {\"@type\":"
              + " %2$supstreams.http.v3.HttpProtocolOptions, explicit_http_config: {%3$s}}},"
              + " load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %4$d}}}}]}]}}\n")
          .formatted(name, TYPE, spoken, port);
    }

    /** Asks, and gives what was logged: by the proxy, and by itself as the upstream. */
    List<Map<String, Long>> logged(String listener, Ask ask) {
      InetSocketAddress address = proxy.listener(listener);
      try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
        socket.setTcpNoDelay(true);
        for (String part : ask.parts) {
          socket.getOutputStream().write(part.getBytes(StandardCharsets.ISO_8859_1));
          await("an answer").until(() -> socket.getInputStream().available() > 0);
          socket.getInputStream().skipNBytes(socket.getInputStream().available());
        }
        if (listener.startsWith("http")) { // else the connection's end is logged
          awaitLines(ask.lines);
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      List<String> all = awaitLines(ask.lines);
      List<Map<String, Long>> told =
          new ArrayList<>(all.subList(lines, all.size()).stream().map(Side::told).toList());
      lines = all.size();
      if (listener.equals("http2")) {
        List<String> there = AccessLogFile.lines(origins);
        told.addAll(
            there.subList(originLines, there.size()).stream()
                .map(Side::told)
                .map(BytesBesideEnvoyTest::uncompressed)
                .toList());
        originLines = there.size();
      }
      return told;
    }

    private List<String> awaitLines(int more) {
      return await("lines in the log")
          .until(() -> AccessLogFile.lines(log), found -> found.size() >= lines + more);
    }

    private static Map<String, Long> told(String line) {
      JsonObject json = JsonParser.parseString(line).getAsJsonObject();
      Map<String, Long> values = new TreeMap<>();
      for (Map.Entry<String, JsonElement> entry : json.entrySet()) {
        values.put(entry.getKey(), entry.getValue().getAsLong());
      }
      return values;
    }
  }

  private static long value(Map<String, Long> line, String command) {
    return Objects.requireNonNull(line.get(command));
  }

  private static String get(String path) {
    return "GET " + path + HOST + "\r\n";
  }

  private static String post(String fields, String body) {
    return "POST /length" + HOST + fields + "\r\n" + body;
  }

  static Stream<Ask> asks() {
    return Stream.of(
        new Ask("length", 1, get("/length")),
        new Ask("chunks", 1, get("/chunks")),
        new Ask("trailers", 1, get("/trailers")),
        new Ask("bare", 1, get("/bare")),
        new Ask("dead", 1, get("/dead")),
        new Ask("head", 1, "HEAD /bare" + HOST + "\r\n"),
        new Ask("retried", 1, get("/retried")),
        new Ask("redirected", 2, get("/again")),
        new Ask("direct", 1, get("/direct")),
        new Ask("no-request", 1, "GET / HTTP/1.1\r\nhost: test\r\nx y\r\n\r\n"),
        new Ask("old", 1, "GET /length HTTP/1.0\r\n\r\n"),
        new Ask("blanks", 1, "GET /length" + HOST + "X-Abc:   d  \r\n\r\n"),
        new Ask("sized", 1, post("content-length: 3\r\n", "abc")),
        new Ask("chunked", 1, post("transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")),
        new Ask(
            "trailing",
            1,
            post("transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\nx-t: v\r\n\r\n")),
        new Ask("two", 2, get("/length"), get("/bare")));
  }

  @ParameterizedTest
  @MethodSource("asks")
  void theyAreTheSameOverHttp1(Ask ask) {
    SideBySide.Both<List<Map<String, Long>>> logged = SIDES.ask(side -> side.logged("http1", ask));
    logged.envoy().forEach(line -> countOnce(ask, line));
    assertThat(logged.bifocal()).isEqualTo(logged.envoy());
  }

  // Of several heads Envoy counts the first ones again with each that follows.
  private static void countOnce(Ask ask, Map<String, Long> line) {
    if (ask.name.equals("retried")) {
      line.put(
          "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
          value(line, "UPSTREAM_HEADER_BYTES_RECEIVED"));
    }
  }

  /** What does not depend on how headers are compressed. */
  private static Map<String, Long> uncompressed(Map<String, Long> line) {
    line.keySet().removeIf(key -> key.matches("(UP|DOWN)STREAM_(WIRE|HEADER)_BYTES.*"));
    return line;
  }

  /** Those that the upstream answers as it would over HTTP/1.1. */
  static Stream<Ask> once() {
    return asks().filter(ask -> !List.of("retried", "redirected").contains(ask.name));
  }

  @ParameterizedTest
  @MethodSource("once")
  void theyAreTheSameOverHttp2ButForWhatHeadersTakeThere(Ask ask) {
    SideBySide.Both<List<Map<String, Long>>> logged = SIDES.ask(side -> side.logged("http2", ask));
    Map<String, Long> ours = logged.bifocal().get(0);
    long headers = value(ours, "UPSTREAM_HEADER_BYTES_SENT");
    long fields = value(ours, "UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT");
    assertThat(headers - fields).isBetween(0L, 2 * 9L);
    assertThat(headers)
        .isGreaterThanOrEqualTo(value(logged.envoy().get(0), "UPSTREAM_HEADER_BYTES_SENT"));
    logged.envoy().forEach(BytesBesideEnvoyTest::uncompressed);
    logged.bifocal().forEach(BytesBesideEnvoyTest::uncompressed);
    assertThat(logged.bifocal()).isEqualTo(logged.envoy());
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "echo", "plain"})
  void theyAreTheSameOfConnections(String listener) {
    Ask ask = new Ask("length", 1, get("/length"));
    SideBySide.Both<List<Map<String, Long>>> logged = SIDES.ask(side -> side.logged(listener, ask));
    assertThat(logged.bifocal()).isEqualTo(logged.envoy());
  }

  // Envoy counts what a tunnel carries a second time.
  @ParameterizedTest
  @ValueSource(strings = "tunnels")
  void whatATunnelCarriesCountsOnce(String listener) {
    Ask ask = new Ask("length", 1, get("/length"));
    SideBySide.Both<List<Map<String, Long>>> logged = SIDES.ask(side -> side.logged(listener, ask));
    Map<String, Long> envoy = logged.envoy().get(0);
    envoy.merge(
        "UPSTREAM_WIRE_BYTES_RECEIVED", value(envoy, "BYTES_SENT"), (all, twice) -> all - twice);
    envoy.merge(
        "UPSTREAM_WIRE_BYTES_SENT", value(envoy, "BYTES_RECEIVED"), (all, twice) -> all - twice);
    assertThat(logged.bifocal()).isEqualTo(logged.envoy());
  }
}
