package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.AccessLogFile;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.bifocal.conformance.http2.FrameServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Listeners of QUIC that change, go and come back while they are in use, by two workers. */
class Http3ListenersTest {
  private static final int CHANGES = 8;

  private final Started started = new Started();
  private final int port = Ports.free();
  private final InetSocketAddress address =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  private final FrameServer upstream = started.keep(FrameServer.scripted("127.0.0.1"));
  private final Path log = started.directory().resolve("log");
  private final ListenerFile file = new ListenerFile(started, "listeners");
  private final Http3Client client = Http3Client.start(started);

  @AfterEach
  void stop() throws IOException {
    started.close();
  }

  private Proxy start(String drainSeconds) {
    return start(Subject.BIFOCAL, drainSeconds);
  }

  private Proxy start(Subject subject, String drainSeconds) {
    return started
        .start(
            subject,
            List.of(),
            file.bootstrap() + Http3Bootstrap.cluster(upstream.address()),
            List.of(
                "--concurrency",
                "2",
                "--file-flush-interval-msec",
                "20",
                "--drain-strategy",
                "immediate",
                "--drain-time-s",
                drainSeconds))
        .awaitLive();
  }

  /**
   * One listener.
   *
   * @param quic fields of {@code quic_options}
   */
  private String listener(String quic) {
    return Http3Bootstrap.listener(
            "quic",
            "127.0.0.1",
            quic,
            "",
            Http3Bootstrap.chain(
                "quic",
                "",
                "common_tls_context: {" + Http3Bootstrap.certificates(Http3Side.ONE) + "}",
                log,
                "drain_timeout: 0.1s"))
        .replace("port_value: 0", "port_value: " + port);
  }

  /** Whoever is connected is told to leave, twice, and gets what it has asked for. */
  private void leavesInPeace(Runnable drain) {
    client.connect("old", address, "one.test");
    assertThat(client.tell(Ask.get("/direct").json("old"))).startsWith("418");
    client.tell(Ask.of("POST", "/echo").then("\"wait\": 0.8").data("late").json("old", "slow"));
    drain.run();
    assertThat(client.tell(Ask.get("/direct").json("old"))).startsWith("418");
    assertThat(client.tell("{\"goaway\": \"old\", \"count\": 2}"))
        .matches("goaway \\(\\d{10,}, 12\\)");
    assertThat(client.answer("slow")).startsWith("200").contains("4 bytes");
    assertThat(client.tell("{\"closed\": \"old\"}")).isNotEqualTo("open");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aListenerThatIsRemovedDrains(Subject subject) {
    file.put(listener(""));
    Proxy proxy = start(subject, "20");
    proxy.listener("quic");
    leavesInPeace(
        () -> {
          file.put("");
          proxy.awaitStat("listener_manager.listener_removed", 1);
        });
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anOperatorDrainsGracefully(Subject subject) {
    file.put(listener(""));
    Proxy proxy = start(subject, "20");
    proxy.listener("quic");
    leavesInPeace(
        () ->
            assertThat(Http.post(proxy.adminAddress(), "/drain_listeners?graceful").status())
                .isEqualTo(200));
  }

  /** Envoy ends at once. */
  @Test
  void aSignalDrains() {
    file.put(listener(""));
    Proxy proxy = start("20");
    proxy.listener("quic");
    leavesInPeace(() -> proxy.program().signal("TERM"));
    assertThat(proxy.program().awaitExit(Duration.ofSeconds(15))).isZero();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aListenerThatIsStoppedTakesNobodyNewAndServesOnWhomItHas(Subject subject) {
    file.put(listener(""));
    Proxy proxy = start(subject, "1");
    proxy.listener("quic");
    client.connect("old", address, "one.test");
    assertThat(Http.post(proxy.adminAddress(), "/drain_listeners").status()).isEqualTo(200);
    proxy.awaitStat("listener_manager.listener_stopped", 1);
    assertThat(client.connect("new", address, "one.test", ", \"patience\": 0.5"))
        .isEqualTo("nothing");
    assertThat(client.tell(Ask.get("/direct").json("old"))).startsWith("418");
  }

  @Test
  void keysAreWrittenDownWhereThatIsAsked() {
    Path keys = started.directory().resolve("keys");
    file.put(
        listener("")
            .replace(
                "common_tls_context: {", "common_tls_context: {key_log: {path: " + keys + "}, "));
    Proxy proxy = start("1");
    proxy.listener("quic");
    client.connect("any", address, "one.test");
    await("the keys")
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                AccessLogFile.lines(keys).stream().map(line -> line.replaceAll(" .*", "")).toList(),
            labels ->
                labels.containsAll(
                    List.of(
                        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                        "CLIENT_TRAFFIC_SECRET_0",
                        "SERVER_TRAFFIC_SECRET_0")));
  }

  private static String windows(int more) {
    return "quic_protocol_options: {initial_stream_window_size: %d}".formatted(100_000 + more);
  }

  /** Most of those who do not come back are not let in, and whoever does is. */
  @Test
  void handshakesUnderWayAreBounded() {
    String stats = "listener.127.0.0.1_" + port + ".quic.";
    file.put(listener("crypto_handshake_timeout: 8s"));
    Proxy proxy = start("1");
    proxy.listener("quic");
    assertThat(client.tell("{\"knock\": 560, \"to\": [\"127.0.0.1\", %d]}".formatted(port)))
        .isEqualTo("knocked");
    proxy.awaitStat(stats + "retries", 1);
    assertThat(proxy.stat(stats + "handshakes_active")).isLessThanOrEqualTo(512);
    for (int i = 0; i < 4; i++) {
      assertThat(client.connect("new" + i, address, "one.test")).startsWith("connected");
      assertThat(client.tell(Ask.get("/direct").json("new" + i))).startsWith("418");
    }
    await("the end of all handshakes")
        .atMost(Duration.ofSeconds(20))
        .until(() -> proxy.stat(stats + "handshakes_active") == 0);
  }

  @Test
  void optionsChangeUnderLoadWithoutALoss() {
    file.put(listener(windows(0)));
    Proxy proxy = start("1");
    proxy.listener("quic");
    client.load("load", address, 6, "/ok");
    for (int i = 1; i <= CHANGES; i++) {
      file.put(listener(windows(i)));
      proxy.awaitStat("listener_manager.listener_modified", i);
      client.load("load-" + i, address, 1, "/ok"); // each begins as the sockets change
    }
    for (int i = 1; i <= CHANGES; i++) {
      assertThat(client.loaded("load-" + i)).endsWith("failures []");
    }
    assertThat(client.loaded("load")).endsWith("failures []").doesNotStartWith("0 ");
    assertThat(proxy.stat("listener.127.0.0.1_" + port + ".quic.datagrams_dropped")).isZero();
  }

  @Test
  void anOldConnectionEndsWhatItHasBegun() {
    file.put(listener(windows(0)));
    Proxy proxy = start("20");
    proxy.listener("quic");
    client.connect("old", address, "one.test");
    client.tell(Ask.of("POST", "/echo").then("\"wait\": 1").data("late").json("old", "slow"));
    file.put(listener(windows(1)));
    proxy.awaitStat("listener_manager.listener_modified", 1);
    for (int i = 0; i < 10; i++) {
      assertThat(client.connect("new" + i, address, "one.test")).startsWith("connected");
      assertThat(client.tell(Ask.get("/direct").json("new" + i))).startsWith("418");
    }
    assertThat(client.answer("slow")).startsWith("200").contains("4 bytes");
  }

  @Test
  void aListenerThatComesBackServesBesideTheOldConnections() {
    file.put(listener(""));
    Proxy proxy = start("20");
    proxy.listener("quic");
    client.connect("old", address, "one.test");
    client.tell(Ask.of("POST", "/echo").then("\"wait\": 1.5").data("late").json("old", "slow"));
    file.put("");
    proxy.awaitStat("listener_manager.listener_removed", 1);
    file.put(listener(windows(1)));
    proxy.awaitStat("listener_manager.listener_added", 2);
    proxy.listener("quic");
    for (int i = 0; i < 10; i++) {
      assertThat(client.connect("new" + i, address, "one.test")).startsWith("connected");
      assertThat(client.tell(Ask.get("/direct").json("new" + i))).startsWith("418");
    }
    assertThat(client.answer("slow")).startsWith("200").contains("4 bytes");
  }
}
