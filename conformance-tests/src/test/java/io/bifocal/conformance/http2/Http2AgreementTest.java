package io.bifocal.conformance.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Http;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Started;
import io.bifocal.conformance.Subject;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same requests, one by one, through Envoy and through Bifocal to the same upstream of HTTP/2:
 * what the client gets, what the upstream sees, what the access log says, and what is counted.
 */
class Http2AgreementTest {
  // What differs from run to run, or is nobody's promise.
  private static final List<String> BY_CHANCE = List.of("date", "x-envoy-upstream-service-time");

  @RegisterExtension static final Sides<Side> SIDES = new Sides<>(Side::new);

  /** One proxy with its upstream. */
  private static final class Side {
    final FrameServer upstream =
        new FrameServer(
            "127.0.0.1", new Http2Settings().maxConcurrentStreams(50), null, new Corpus());
    final Path log;
    final Proxy proxy;
    final InetSocketAddress listener;

    Side(Subject subject, Started started) {
      started.keep(upstream);
      log = started.directory().resolve("access-" + System.identityHashCode(this));
      proxy =
          started
              .start(
                  subject,
                  List.of(),
                  Http2Bootstrap.of(upstream.address(), log),
                  List.of("--file-flush-interval-msec", "20"))
              .awaitLive();
      listener = proxy.listener("ingress");
    }

    /** What the access log says of a path. */
    String logged(String path) {
      return await("a line of " + path)
          .until(
              () ->
                  Files.readString(log)
                      .lines()
                      .filter(line -> line.startsWith(path + " "))
                      .reduce("", (one, two) -> two),
              line -> !line.isEmpty());
    }

    List<String> heard(String path) {
      return upstream.heard().stream().filter(line -> line.startsWith(path + " ")).toList();
    }
  }

  /** A request; the method comes first where it is not GET. */
  static Stream<String> requests() {
    return Stream.of(
        "/ok",
        "/length",
        "/empty",
        "/empty-data",
        "/204",
        "/304",
        "HEAD /head",
        "/cookies",
        "/large",
        "/trailers",
        "/continue",
        "POST /echo",
        "PUT /echo?put",
        "DELETE /ok?d",
        "OPTIONS /ok?o",
        "/refused",
        "/internal",
        "/no-error",
        "/cancel",
        "/calm",
        "/connect-error",
        "/protocol-error",
        "/http11",
        "/goaway",
        "/goaway-error",
        "/goaway-ok",
        "/close",
        "/garbage",
        "/no-status",
        "/bad-status",
        "/101",
        "/bad-name",
        "/upper-name",
        "/connection-header",
        "/pseudo-after",
        "/unknown-pseudo",
        "/data-first",
        "/many-headers",
        "/large-headers");
  }

  @ParameterizedTest
  @MethodSource("requests")
  void theClientGetsTheSameAndTheUpstreamSeesTheSame(String request) {
    String method = request.startsWith("/") ? "GET" : request.substring(0, request.indexOf(' '));
    String path = request.substring(request.indexOf('/'));
    String body = method.startsWith("P") ? "x".repeat(100_000) : "";
    Map<String, String> headers =
        Map.of("X-Mixed", "Case", "te", "trailers", "cookie", "a=1; b=2", "x-forwarded-for", "::9");

    SIDES.same(
        side -> {
          List<String> all = new ArrayList<>();
          all.add(text(Http.request(side.listener, method, path, headers, body)));
          all.add(side.logged(path));
          return all;
        });
    awaitTheSameHeard(path);
  }

  /** That a stream is given up may reach an upstream after its client has the answer. */
  private static void awaitTheSameHeard(String path) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(SIDES.side(Subject.BIFOCAL).heard(path))
                    .isEqualTo(SIDES.side(Subject.ENVOY).heard(path)));
  }

  private static String text(Http.Response response) {
    Map<String, String> headers = new TreeMap<>();
    response
        .head()
        .lines()
        .skip(1)
        .forEach(
            line -> {
              int colon = line.indexOf(": ");
              headers.merge(
                  line.substring(0, colon), line.substring(colon + 2), (a, b) -> a + " AND " + b);
            });
    BY_CHANCE.forEach(headers::remove);
    return response.status() + " " + headers + " " + response.body();
  }

  /** What the client of an answer that breaks off has by then. */
  @ParameterizedTest
  @MethodSource("brokenOff")
  void whatBreaksOffBreaksOffForTheClient(String path) {
    SIDES.same(
        side -> {
          String got = raw(side, "GET " + path + " HTTP/1.1\r\nhost: a\r\n\r\n", null);
          List<String> all = new ArrayList<>();
          all.add(side.logged(path));
          all.add(
              got.contains("200 OK")
                  + " "
                  + got.contains("hello")
                  + " "
                  + got.endsWith("\r\n0\r\n\r\n"));
          return all;
        });
    awaitTheSameHeard(path);
  }

  static Stream<String> brokenOff() {
    return Stream.of("/reset-amid", "/close-amid");
  }

  @ParameterizedTest
  @MethodSource("early")
  void anAnswerBeforeTheEndOfTheRequestGoesThrough(String path) {
    SIDES.same(
        side -> {
          String got =
              raw(
                  side,
                  "POST " + path + " HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc",
                  null);
          List<String> all = new ArrayList<>();
          all.add(got.lines().findFirst().orElse("nothing"));
          all.add(side.logged(path));
          return all;
        });
    awaitTheSameHeard(path);
  }

  static Stream<String> early() {
    return Stream.of("/early", "/early-with-body", "/early-reset");
  }

  @Test
  void aClientThatGoesCancelsItsStream() {
    SIDES.same(
        side -> {
          raw(side, "GET /silent HTTP/1.1\r\nhost: a\r\n\r\n", "/silent");
          await().until(() -> side.heard("/silent").size() == 2);
          return List.of(side.logged("/silent"), side.heard("/silent").get(1));
        });
  }

  @Test
  void aTimeoutCancelsItsStream() {
    SIDES.same(
        side -> {
          assertThat(Http.get(side.listener, "/timeout").status()).isEqualTo(504);
          await().until(() -> side.heard("/timeout").size() == 2);
          return List.of(side.logged("/timeout"), side.heard("/timeout").get(1));
        });
  }

  /** Statistics that both have, over all of a run of their own. */
  @Test
  void theSameIsCounted() throws IOException {
    List<String> paths =
        List.of(
            "/ok",
            "/trailers",
            "/refused",
            "/internal",
            "/goaway",
            "/close",
            "/garbage",
            "/no-status",
            "/protocol-error",
            "/ok");
    try (SideBySide<Side> fresh = new SideBySide<>(Side::new)) {
      SideBySide.Both<Map<String, String>> counted = fresh.ask(side -> counted(side, paths));
      assertThat(counted.bifocal()).isEqualTo(counted.envoy());
    }
  }

  private static Map<String, String> counted(Side side, List<String> paths) {
    for (String path : paths) {
      var unused = Http.get(side.listener, path);
    }
    Map<String, String> stats =
        await()
            .until(
                () -> side.proxy.stats(),
                all -> "0".equals(all.get("cluster.raced.upstream_rq_active")));
    return stats.entrySet().stream()
        .filter(e -> e.getKey().matches("cluster\\.raced\\.(upstream_(cx|rq)_|http2\\.).*"))
        .filter(e -> !e.getKey().matches(".*(bytes|_ms|_time|nghttp2|buffered).*"))
        .filter(e -> e.getValue().matches("\\d+") && !e.getValue().equals("0"))
        .collect(
            Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, TreeMap::new));
  }

  /** Sends bytes; reads until the end, or until the upstream has heard of {@code path}. */
  private static String raw(Side side, String bytes, @Nullable String path) {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(10_000);
      socket.connect(side.listener);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      if (path != null) {
        await().until(() -> !side.heard(path).isEmpty());
        return "";
      }
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
