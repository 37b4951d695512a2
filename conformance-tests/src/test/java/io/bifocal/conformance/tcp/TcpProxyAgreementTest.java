package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same connections through a TCP proxy of Envoy's and of Bifocal's: what both ends get, what
 * the access log says, and what is counted.
 */
class TcpProxyAgreementTest {
  private static final Pattern COUNTED =
      Pattern.compile("(tcp|cluster)\\..*(?<!_ms|_active|_buffered|\\.cx_open|_open)");
  private static final Map<Subject, Side> SIDES = new EnumMap<>(Subject.class);
  private static final Started STARTED = new Started();

  @BeforeAll
  static void start() throws IOException {
    for (Subject subject : Subject.values()) {
      SIDES.put(subject, new Side(subject));
    }
  }

  @AfterAll
  static void stop() throws IOException {
    STARTED.close();
  }

  /** One proxy with its upstream. */
  private static final class Side {
    final Path log = STARTED.directory().resolve("access-" + System.identityHashCode(this));
    final ServerSocket upstream =
        STARTED.keep(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    final Proxy proxy;
    int lines;

    Side(Subject subject) throws IOException {
      upstream.setSoTimeout(5_000);
      proxy =
          STARTED
              .start(
                  subject,
                  List.of(),
                  bootstrap(log, upstream.getLocalPort()),
                  List.of("--file-flush-interval-msec", "20"))
              .awaitLive();
    }

    Talk connect(String listener) {
      return new Talk(proxy.listener(listener));
    }

    Talk accept() throws IOException {
      Socket socket = upstream.accept();
      return new Talk(socket);
    }

    String play(Play play) throws IOException {
      Map<String, Long> before = counted();
      List<String> seen = new ArrayList<>();
      play.run(this, seen);
      List<String> logged = new ArrayList<>();
      await("the end of it in the log")
          .until(
              () -> {
                List<String> all = Files.exists(log) ? Files.readAllLines(log) : List.of();
                logged.clear();
                logged.addAll(all.subList(lines, all.size()));
                return logged.stream().anyMatch(line -> line.startsWith("TcpConnectionEnd"));
              },
              Boolean::booleanValue);
      lines += logged.size();
      await("no connection")
          .until(
              () ->
                  proxy.stats().entrySet().stream()
                      .filter(e -> e.getKey().matches("(tcp|cluster)\\..*_(cx|rq)_active"))
                      .allMatch(e -> e.getValue().equals("0")));
      seen.addAll(logged.stream().distinct().toList());
      Map<String, Long> counts = counted();
      counts.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
      counts.values().removeIf(count -> count == 0);
      seen.add(counts.toString());
      return String.join("\n", seen);
    }

    private Map<String, Long> counted() {
      Map<String, Long> counts = new TreeMap<>();
      proxy
          .stats()
          .forEach(
              (name, value) -> {
                if (COUNTED.matcher(name).matches()
                    && !name.contains(".connect.") // races, which Envoy does not count
                    && !name.endsWith("lb_healthy_panic") // Envoy's of a cluster without hosts, too
                    && value.chars().allMatch(Character::isDigit)) {
                  counts.put(name, Long.parseLong(value));
                }
              });
      return counts;
    }
  }

  private static String bootstrap(Path log, int port) {
    return """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
        """
        + listener("plain", log, "cluster: up")
        + listener("idle", log, "cluster: up\nidle_timeout: 0.3s")
        + listener("short", log, "cluster: up\nmax_downstream_connection_duration: 0.3s")
        + listener("none", log, "cluster: nowhere")
        + listener("empty", log, "cluster: empty")
        + listener("dead", log, "cluster: dead\nmax_connect_attempts: 3")
        + listener(
            "patient",
            log,
            "cluster: dead\nmax_connect_attempts: 3\n"
                + "backoff_options: {base_interval: 0.01s, max_interval: 0.02s}")
        + listener("full", log, "cluster: full")
        + listener("hasty", log, "cluster: hasty\nmax_connect_attempts: 2")
        + listener(
            "told",
            log,
            "cluster: up\naccess_log_options: {flush_access_log_on_connected: true,"
                + " access_log_flush_interval: 0.1s}")
        + listener(
            "weighted",
            log,
            "weighted_clusters: {clusters: [{name: up, weight: 1}, {name: up, weight: 2}]}")
        + "  clusters:\n"
        + cluster("up", "", port)
        + cluster("dead", "", Ports.free())
        + cluster("full", "circuit_breakers: {thresholds: [{max_connections: 0}]},", port)
        + cluster("hasty", "circuit_breakers: {thresholds: [{max_pending_requests: 0}]},", port)
        + "  - {name: empty, type: STATIC}\n";
  }

  private static String listener(String name, Path log, String proxy) {
    return """
          - name: %1$s
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: tcp
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                  stat_prefix: %1$s
        %2$s
                  access_log:
                  - name: file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: %3$s
                      log_format:
                        text_format_source:
                          inline_string: "%%ACCESS_LOG_TYPE%% %%RESPONSE_FLAGS%% %%RESPONSE_CODE_DETAILS%% %%CONNECTION_TERMINATION_DETAILS%% %%BYTES_RECEIVED%% %%BYTES_SENT%% %%UPSTREAM_REQUEST_ATTEMPT_COUNT%% %%UPSTREAM_TRANSPORT_FAILURE_REASON%% %%UPSTREAM_CLUSTER%% %%FILTER_CHAIN_NAME%%\\n"
        """
        .formatted(name, proxy.indent(10).stripTrailing(), log);
  }

  private static String cluster(String name, String options, int port) {
    return """
          - {name: %1$s, type: STATIC, %2$s load_assignment: {cluster_name: %1$s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %3$d}}}}]}]}}
        """
        .formatted(name, options, port);
  }

  /** What a client and an upstream do; what they see is noted. */
  @FunctionalInterface
  interface Play {
    void run(Side side, List<String> seen) throws IOException;
  }

  /** A play with a name for reports. */
  private record Named(String name, Play play) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Named> plays() {
    return Stream.of(
        new Named("the client ends first", TcpProxyAgreementTest::clientEndsFirst),
        new Named("the upstream ends first", TcpProxyAgreementTest::upstreamEndsFirst),
        new Named("the client goes on when the upstream has ended", TcpProxyAgreementTest::goesOn),
        new Named("the upstream resets", TcpProxyAgreementTest::upstreamResets),
        new Named("the client resets", TcpProxyAgreementTest::clientResets),
        new Named("idle", (side, seen) -> silent(side, "idle", seen)),
        new Named("too long", (side, seen) -> silent(side, "short", seen)),
        new Named("no cluster", (side, seen) -> alone(side, "none", seen)),
        new Named("no host", (side, seen) -> alone(side, "empty", seen)),
        new Named("nobody listens", (side, seen) -> alone(side, "dead", seen)),
        new Named("nobody listens, and it waits", (side, seen) -> alone(side, "patient", seen)),
        new Named("too many connections", (side, seen) -> alone(side, "full", seen)),
        new Named("too many wait", (side, seen) -> alone(side, "hasty", seen)),
        new Named("logged on the way", TcpProxyAgreementTest::loggedOnTheWay),
        new Named("weighted clusters", TcpProxyAgreementTest::weighted));
  }

  private static void exchange(Talk client, Talk upstream, List<String> seen) {
    client.say("abc");
    seen.add(upstream.hear(3));
    upstream.say("hello");
    seen.add(client.hear(5));
  }

  private static void clientEndsFirst(Side side, List<String> seen) throws IOException {
    try (Talk client = side.connect("plain");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      client.endOutput();
      seen.add(upstream.hearAll());
      upstream.say("more");
      seen.add(client.hear(4));
      upstream.endOutput();
      seen.add(client.hearAll());
    }
  }

  private static void upstreamEndsFirst(Side side, List<String> seen) throws IOException {
    Talk client = side.connect("plain");
    try (Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      upstream.endOutput();
      seen.add(client.hearAll());
      client.leave();
      seen.add(upstream.hearAll());
    }
  }

  private static void goesOn(Side side, List<String> seen) throws IOException {
    try (Talk client = side.connect("plain");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      upstream.endOutput();
      seen.add(client.hearAll());
      client.say("still");
      seen.add(upstream.hear(5));
      client.endOutput();
      seen.add(upstream.hearAll());
    }
  }

  private static void upstreamResets(Side side, List<String> seen) throws IOException {
    try (Talk client = side.connect("plain");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      upstream.reset();
      seen.add(client.hearAll());
    }
  }

  private static void clientResets(Side side, List<String> seen) throws IOException {
    try (Talk client = side.connect("plain");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      client.reset();
      seen.add(upstream.hearAll());
    }
  }

  private static void silent(Side side, String listener, List<String> seen) throws IOException {
    try (Talk client = side.connect(listener);
        Talk upstream = side.accept()) {
      seen.add(client.hearAll());
      seen.add(upstream.hearAll());
    }
  }

  private static void alone(Side side, String listener, List<String> seen) {
    try (Talk client = side.connect(listener)) {
      seen.add(client.hearAll());
    }
  }

  private static void loggedOnTheWay(Side side, List<String> seen) throws IOException {
    try (Talk client = side.connect("told");
        Talk upstream = side.accept()) {
      await("a line on the way")
          .until(
              () ->
                  Files.exists(side.log)
                      && Files.readString(side.log, StandardCharsets.UTF_8)
                          .contains("TcpPeriodic"));
      client.endOutput();
      seen.add(upstream.hearAll());
    }
  }

  private static void weighted(Side side, List<String> seen) throws IOException {
    try (Talk client = side.connect("weighted");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
    }
  }

  @ParameterizedTest
  @MethodSource("plays")
  void bothEndsGetTheSameAndTheSameIsTold(Named named) throws IOException {
    Map<Subject, String> seen = new EnumMap<>(Subject.class);
    for (Map.Entry<Subject, Side> side : SIDES.entrySet()) {
      seen.put(side.getKey(), side.getValue().play(named.play()));
    }
    assertThat(seen.get(Subject.BIFOCAL)).isEqualTo(seen.get(Subject.ENVOY));
  }
}
