package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import com.sun.net.httpserver.HttpServer;
import io.bifocal.api.BootstrapReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What an access log tells of the upstream, as Envoy 1.40 was seen to write it for the same
 * configuration; and of the race behind it, which Envoy does not know. {@code R6} and {@code R4}
 * are addresses that refuse, {@code OK} and {@code 503} are servers that answer so.
 */
class UpstreamInLogsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String FORMAT =
      "%UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_HOSTS_ATTEMPTED% %RESPONSE_CODE%"
          + " %RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%"
          + " %UPSTREAM_TRANSPORT_FAILURE_REASON%"
          + " %DYNAMIC_METADATA(bifocal.connect:result)%"
          + " %DYNAMIC_METADATA(bifocal.connect:winner_family)%"
          + " %DYNAMIC_METADATA(bifocal.connect:attempt_count)%\\n";
  private static final String REFUSED = "delayed_connect_error:_Connection_refused";

  @TempDir Path folder;
  private HttpServer good;
  private HttpServer bad;
  private final Socket refuses6 = new Socket();
  private final Socket refuses4 = new Socket();

  @BeforeEach
  void start() throws Exception {
    good = server(200);
    bad = server(503);
    // Bound, and not listened on: refuses, and stays nobody else's.
    refuses6.bind(new InetSocketAddress(InetAddresses.forString("::1"), 0));
    refuses4.bind(new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0));
  }

  @AfterEach
  void stop() throws Exception {
    refuses6.close();
    refuses4.close();
    good.stop(0);
    bad.stop(0);
  }

  private static HttpServer server(int status) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private String address(String name) {
    return switch (name) {
      case "R6" -> address("::1", refuses6.getLocalPort());
      case "R4" -> address("127.0.0.1", refuses4.getLocalPort());
      case "OK" -> address("127.0.0.1", good.getAddress().getPort());
      default -> address("127.0.0.1", bad.getAddress().getPort());
    };
  }

  private static String address(String ip, int port) {
    return "{socket_address: {address: \"%s\", port_value: %d}}".formatted(ip, port);
  }

  /** Hosts divided by spaces, a host's addresses by plus signs. */
  private String endpoints(String hosts) {
    StringBuilder out = new StringBuilder();
    for (String host : hosts.split(" ")) {
      String[] addresses = host.split("\\+");
      out.append(out.isEmpty() ? "" : ", ");
      out.append("{endpoint: {address: ").append(address(addresses[0]));
      if (addresses.length > 1) {
        out.append(", additional_addresses: [{address: ").append(address(addresses[1]));
        out.append("}]");
      }
      out.append("}}");
    }
    return out.toString();
  }

  private Proxy proxy(String hosts, String filter, String settings) throws Exception {
    String yaml =
        """
        static_resources:
          clusters:
          - name: up
            type: STATIC
            connect_timeout: 5s
            load_assignment:
              cluster_name: up
              endpoints: [{lb_endpoints: [%s]}]
          listeners:
          - name: in
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: f
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.%s
                  stat_prefix: s
                  access_log:
                  - name: file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: %s
                      log_format: {text_format_source: {inline_string: "%s"}}
        """
                .formatted(endpoints(hosts), filter, folder.resolve("log"), FORMAT)
            + settings.indent(10);
    return Proxy.start(
        new BootstrapReader(false).readYaml(yaml, "test"),
        ProxyOptions.defaults()
            .withConcurrency(1)
            .withAccessLogFlush(Duration.ofMillis(10))
            .withDrainTime(Duration.ofMillis(100)));
  }

  private Proxy http(String hosts, int retries) throws Exception {
    return proxy(
        hosts,
        "http_connection_manager.v3.HttpConnectionManager",
        """
        http_filters:
        - name: router
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
        route_config:
          virtual_hosts:
          - name: all
            domains: ["*"]
            routes:
            - match: {prefix: /}
              route:
                cluster: up
                retry_policy: %s
        """
            .formatted(
                retries == 0
                    ? "null"
                    : "{retry_on: \"connect-failure,5xx\", num_retries: " + retries + "}"));
  }

  private Proxy tcp(String hosts, int attempts) throws Exception {
    return proxy(
        hosts,
        "tcp_proxy.v3.TcpProxy",
        "cluster: up\nmax_connect_attempts: %d\n".formatted(attempts));
  }

  private void ask(Proxy proxy) throws Exception {
    proxy.awaitLive(PATIENCE);
    InetSocketAddress to = (InetSocketAddress) proxy.listenerAddresses("in").get(0);
    try (Socket socket = new Socket(to.getAddress(), to.getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      // A connection that found no upstream may be reset.
    }
  }

  private String line() throws IOException {
    Path log = folder.resolve("log");
    await().atMost(PATIENCE).until(() -> Files.exists(log) && Files.size(log) > 0);
    List<String> lines = Files.readAllLines(log);
    return lines
        .get(lines.size() - 1)
        .replace("[::1]:" + refuses6.getLocalPort(), "R6")
        .replace("127.0.0.1:" + refuses4.getLocalPort(), "R4")
        .replace("127.0.0.1:" + good.getAddress().getPort(), "OK")
        .replace("127.0.0.1:" + bad.getAddress().getPort(), "503")
        .replace(REFUSED, "refused");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // host, remote, hosts attempted, code, flags, tries, transport failure | race
        "OK | 0 | OK OK OK 200 - 1 - won v4 1",
        "R6+OK | 0 | R6 OK R6 200 - 1 - won v4 2",
        "R4 | 0 | R4 - - 503 UF 1 refused failed - 1",
        "R6+R4 | 0 | R6 - - 503 UF 1 refused failed - 2",
        "R6+R4 | 1 | R6 - - 503 URX,UF 2 refused failed - 2",
        "503 | 1 | 503 503 503 503 URX 2 - won v4 1",
      })
  void aRequest(String hosts, int retries, String expected) throws Exception {
    try (Proxy proxy = http(hosts, retries)) {
      ask(proxy);
      assertThat(line()).isEqualTo(expected);
    }
  }

  @Test
  void whatALaterTryDidNotGetIsNotAnEarlierOnes() throws Exception {
    // Round robin begins anywhere: whichever host was the last one, only that one is told of.
    try (Proxy proxy = http("R4 503", 2)) {
      ask(proxy);
      assertThat(line())
          .isIn("R4 - - 503 URX,UF 3 refused failed - 1", "503 503 503 503 URX 3 - won v4 1");
    }
    Files.delete(folder.resolve("log"));
    try (Proxy proxy = http("R4 OK", 2)) {
      ask(proxy);
      assertThat(line()).isIn("OK OK OK 200 - 1 - won v4 1", "OK OK OK 200 - 2 - won v4 1");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OK | 1 | OK OK OK 0 - 1 - won v4 1",
        "R6+OK | 1 | R6 OK R6 0 - 1 - won v4 2",
        "R4 | 1 | R4 - R4 0 UF,URX 1 refused failed - 1",
        "R6+R4 | 2 | R6 - R6,R6 0 UF,URX 2 refused failed - 2",
      })
  void aConnection(String hosts, int attempts, String expected) throws Exception {
    try (Proxy proxy = tcp(hosts, attempts)) {
      ask(proxy);
      assertThat(line()).isEqualTo(expected);
    }
  }
}
