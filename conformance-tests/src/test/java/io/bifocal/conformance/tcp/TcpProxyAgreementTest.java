package io.bifocal.conformance.tcp;

import static io.bifocal.conformance.tcp.TcpSide.cluster;
import static io.bifocal.conformance.tcp.TcpSide.listener;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Ports;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same connections through a TCP proxy of Envoy's and of Bifocal's: what both ends get, what
 * the access log says, and what is counted.
 */
class TcpProxyAgreementTest {
  @RegisterExtension static final TcpSides SIDES = new TcpSides(TcpProxyAgreementTest::bootstrap);

  private static String bootstrap(Path log, int port) {
    return listener("plain", log, "cluster: up")
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
        + TcpSide.listener(
            "hashed",
            0,
            "{name: pp, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.listener"
                + ".proxy_protocol.v3.ProxyProtocol}}",
            TcpSide.tcpProxy("hashed", log, "cluster: ring\nhash_policy: [{source_ip: {}}]"))
        + "  clusters:\n"
        + ring(port)
        + cluster("up", "", port)
        + cluster("dead", "", Ports.free())
        + cluster("full", "circuit_breakers: {thresholds: [{max_connections: 0}]},", port)
        + cluster("hasty", "circuit_breakers: {thresholds: [{max_pending_requests: 0}]},", port)
        + "  - {name: empty, type: STATIC}\n";
  }

  private static String ring(int port) {
    StringBuilder hosts = new StringBuilder();
    for (int i = 1; i <= 4; i++) {
      hosts.append(
          "{endpoint: {address: {socket_address: {address: 127.0.0.%d, port_value: %d}}}, metadata: {filter_metadata: {envoy.lb: {hash_key: host%d}}}},"
              .formatted(i, port, i));
    }
    return "  - {name: ring, type: STATIC, lb_policy: RING_HASH, load_assignment: {cluster_name: ring, endpoints: [{lb_endpoints: ["
        + hosts
        + "]}]}}\n";
  }

  static Stream<TcpSide.Named> plays() {
    return Stream.of(
        new TcpSide.Named("the client ends first", TcpProxyAgreementTest::clientEndsFirst),
        new TcpSide.Named("the upstream ends first", TcpProxyAgreementTest::upstreamEndsFirst),
        new TcpSide.Named(
            "the client goes on when the upstream has ended", TcpProxyAgreementTest::goesOn),
        new TcpSide.Named("the upstream resets", TcpProxyAgreementTest::upstreamResets),
        new TcpSide.Named("the client resets", TcpProxyAgreementTest::clientResets),
        new TcpSide.Named("idle", (side, seen) -> silent(side, "idle", seen)),
        new TcpSide.Named("too long", (side, seen) -> silent(side, "short", seen)),
        new TcpSide.Named("no cluster", (side, seen) -> alone(side, "none", seen)),
        new TcpSide.Named("no host", (side, seen) -> alone(side, "empty", seen)),
        new TcpSide.Named("nobody listens", (side, seen) -> alone(side, "dead", seen)),
        new TcpSide.Named(
            "nobody listens, and it waits", (side, seen) -> alone(side, "patient", seen)),
        new TcpSide.Named("too many connections", (side, seen) -> alone(side, "full", seen)),
        new TcpSide.Named("too many wait", (side, seen) -> alone(side, "hasty", seen)),
        new TcpSide.Named("logged on the way", TcpProxyAgreementTest::loggedOnTheWay),
        new TcpSide.Named("weighted clusters", TcpProxyAgreementTest::weighted),
        new TcpSide.Named("by address, one", (side, seen) -> hashed(side, "10.0.0.1", seen)),
        new TcpSide.Named("by address, two", (side, seen) -> hashed(side, "10.0.0.2", seen)),
        new TcpSide.Named("by address, three", (side, seen) -> hashed(side, "10.0.0.3", seen)));
  }

  private static void exchange(Talk client, Talk upstream, List<String> seen) {
    client.say("abc");
    seen.add(upstream.hear(3));
    upstream.say("hello");
    seen.add(client.hear(5));
  }

  private static void clientEndsFirst(TcpSide side, List<String> seen) throws IOException {
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

  private static void upstreamEndsFirst(TcpSide side, List<String> seen) throws IOException {
    Talk client = side.connect("plain");
    try (Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      upstream.endOutput();
      seen.add(client.hearAll());
      client.leave();
      seen.add(upstream.hearAll());
    }
  }

  private static void goesOn(TcpSide side, List<String> seen) throws IOException {
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

  private static void upstreamResets(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("plain");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      upstream.reset();
      seen.add(client.hearAll());
    }
  }

  private static void clientResets(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("plain");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
      client.reset();
      seen.add(upstream.hearAll());
    }
  }

  private static void silent(TcpSide side, String listener, List<String> seen) throws IOException {
    try (Talk client = side.connect(listener);
        Talk upstream = side.accept()) {
      seen.add(client.hearAll());
      seen.add(upstream.hearAll());
    }
  }

  private static void alone(TcpSide side, String listener, List<String> seen) {
    try (Talk client = side.connect(listener)) {
      seen.add(client.hearAll());
    }
  }

  private static void loggedOnTheWay(TcpSide side, List<String> seen) throws IOException {
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

  private static void hashed(TcpSide side, String from, List<String> seen) throws IOException {
    try (Talk client = side.connect("hashed").say("PROXY TCP4 " + from + " 5.6.7.8 1 22\r\nhi");
        Talk upstream = side.accept()) {
      seen.add(upstream.address() + " " + upstream.hear(2));
      client.endOutput();
      seen.add(upstream.hearAll());
    }
  }

  private static void weighted(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("weighted");
        Talk upstream = side.accept()) {
      exchange(client, upstream, seen);
    }
  }

  @ParameterizedTest
  @MethodSource("plays")
  void bothEndsGetTheSameAndTheSameIsTold(TcpSide.Named named) {
    SIDES.agreed(named.play());
  }
}
