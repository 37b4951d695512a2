package io.bifocal.conformance.http3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Sides;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same requests over HTTP/3 through Envoy and through Bifocal, to the same upstream. */
class Http3AgreementTest {
  private static final String PAUSE = "\"wait\": 0.1";

  @RegisterExtension static final Sides<Http3Side> SIDES = new Sides<>(Http3Side::new);

  static Stream<Arguments> asked() {
    return cases().entrySet().stream()
        .map(each -> Arguments.of(Named.of(each.getKey(), each.getValue())));
  }

  /** Those that are no requests; but an upgrade is another upstream's. */
  static Stream<Arguments> malformedRequests() {
    return malformed().filter(each -> !ask(each).path().equals("/ok?connect-extended"));
  }

  private static Ask ask(Arguments each) {
    return (Ask) ((Named<?>) each.get()[0]).getPayload();
  }

  /** Those that are no requests. */
  static Stream<Arguments> malformed() {
    return asked().dropWhile(each -> !((Named<?>) each.get()[0]).getName().equals("upper"));
  }

  private static Map<String, Ask> cases() {
    Map<String, Ask> all = new LinkedHashMap<>();
    for (String path :
        List.of(
            "ok",
            "length",
            "empty",
            "empty-data",
            "204",
            "304",
            "cookies",
            "large",
            "trailers",
            "continue",
            "refused",
            "internal",
            "no-error",
            "cancel",
            "close",
            "reset-amid",
            "close-amid",
            "garbage",
            "no-status",
            "many-headers",
            "large-headers",
            "data-first",
            "short",
            "101",
            "connection-header",
            "direct",
            "nowhere",
            "timeout")) {
      all.put(path, Ask.get("/" + path));
    }
    all.put("head", Ask.of("HEAD", "/head"));
    all.put("options", Ask.of("OPTIONS", "/ok?options"));
    all.put("delete", Ask.of("DELETE", "/ok?delete"));
    all.put("post", Ask.of("POST", "/echo?post").data("hello"));
    all.put(
        "post-length",
        Ask.of("POST", "/echo?post-length").with("content-length", "5").data("hello"));
    all.put("post-none", Ask.of("POST", "/echo?post-none"));
    all.put("post-empty", Ask.of("POST", "/echo?post-empty").data(""));
    all.put("post-large", Ask.of("POST", "/echo?post-large").then("\"size\": 3000000"));
    all.put(
        "post-pieces",
        Ask.of("POST", "/echo?post-pieces").data("a").then("\"wait\": 0.02").data("b").data("c"));
    all.put(
        "post-trailers", Ask.of("POST", "/echo?post-trailers").data("hello").trailers("t", "v"));
    all.put("post-trailers-only", Ask.of("POST", "/echo?post-trailers-only").trailers("t", "v"));
    all.put("early", Ask.of("POST", "/early").data("abc").then("\"wait\": 0.3").open());
    all.put(
        "early-with-body",
        Ask.of("POST", "/early-with-body").data("abc").then("\"wait\": 0.3").open());
    all.put("early-reset", Ask.of("POST", "/early-reset").data("abc").then("\"wait\": 0.3").open());
    all.put("expect", Ask.of("POST", "/echo?expect").with("expect", "100-continue").data("hello"));
    all.put("cookie-crumbs", Ask.get("/ok?crumbs").with("cookie", "a=1").with("cookie", "b=2"));
    all.put("te", Ask.get("/ok?te").with("te", "trailers"));
    all.put("te-other", Ask.get("/ok?te-other").with("te", "gzip"));
    all.put("host-other", Ask.get("/ok?host-other").with("host", "two.test"));
    all.put("upper", Ask.get("/ok?upper").with("Upper", "a"));
    all.put(
        "no-path",
        Ask.bare().with(":method", "GET").with(":scheme", "https").with(":authority", "one.test"));
    all.put(
        "no-method",
        Ask.bare()
            .with(":scheme", "https")
            .with(":authority", "one.test")
            .with(":path", "/ok?no-method"));
    all.put(
        "no-scheme",
        Ask.bare()
            .with(":method", "GET")
            .with(":authority", "one.test")
            .with(":path", "/ok?no-scheme"));
    all.put(
        "no-authority",
        Ask.bare()
            .with(":method", "GET")
            .with(":scheme", "https")
            .with(":path", "/ok?no-authority"));
    all.put("pseudo-unknown", Ask.get("/ok?pseudo-unknown").with(":x", "y"));
    all.put("status", Ask.get("/ok?status").with(":status", "200"));
    all.put("connection", Ask.get("/ok?connection").with("connection", "close"));
    all.put(
        "transfer-encoding",
        Ask.of("POST", "/ok?transfer-encoding").with("transfer-encoding", "chunked").data("a"));
    all.put("name-space", Ask.get("/ok?name-space").with("a b", "c"));
    all.put("name-empty", Ask.get("/ok?name-empty").with("", "c"));
    all.put("value-newline", Ask.get("/ok?value-newline").with("a", "b\\nc"));
    all.put("value-nul", Ask.get("/ok?value-nul").with("a", "b\\u0000c"));
    all.put("path-empty", Ask.get(""));
    all.put("path-space", Ask.get("/ok?a b"));
    all.put(
        "length-short",
        Ask.of("POST", "/echo?length-short").with("content-length", "10").data("hello"));
    all.put(
        "length-long",
        Ask.of("POST", "/echo?length-long").with("content-length", "3").data("hello"));
    all.put("length-none", Ask.of("POST", "/echo?length-none").with("content-length", "3"));
    all.put(
        "length-bad", Ask.of("POST", "/echo?length-bad").with("content-length", "x").data("hello"));
    all.put(
        "length-differs",
        Ask.of("POST", "/echo?length-differs")
            .with("content-length", "5")
            .with("content-length", "6")
            .data("hello"));
    all.put("headers-large", large(Ask.get("/ok?headers-large")));
    all.put("headers-many", many(Ask.get("/ok?headers-many")));
    all.put("data-first", Ask.get("/data-first"));
    all.put(
        "data-behind", Ask.of("POST", "/echo?data-behind").data("a").trailers("t", "v").data("b"));
    all.put(
        "heads-three",
        Ask.of("POST", "/echo?heads-three").data("a").trailers("t", "v").trailers("u", "v"));
    all.put("settings-frame", Ask.of("POST", "/echo?settings-frame").then("\"raw\": \"0400\""));
    all.put(
        "unknown-frame",
        Ask.of("POST", "/echo?unknown-frame").then("\"raw\": \"2103616263\"").data("a"));
    all.put("h2-frame", Ask.of("POST", "/echo?h2-frame").then("\"raw\": \"0600\""));
    all.put("truncated", Ask.of("POST", "/echo?truncated").then("\"raw\": \"00056162\""));
    all.put(
        "connect", Ask.bare().with(":method", "CONNECT").with(":authority", "one.test:80").open());
    all.put(
        "connect-extended",
        Ask.of("CONNECT", "/ok?connect-extended").with(":protocol", "websocket").open());
    all.put("trace", Ask.of("TRACE", "/ok?trace"));
    all.put("method-strange", Ask.of("BREW", "/ok?method-strange"));
    all.put("method-bad", Ask.of("B W", "/ok?method-bad"));
    return all;
  }

  private static Ask large(Ask ask) {
    for (int i = 0; i < 70; i++) {
      ask.with("h" + i, "x".repeat(1_000));
    }
    return ask;
  }

  private static Ask many(Ask ask) {
    for (int i = 0; i < 110; i++) {
      ask.with("h" + i, "v");
    }
    return ask;
  }

  @ParameterizedTest
  @MethodSource("asked")
  void theClientGetsTheSameAndTheUpstreamSeesTheSame(Ask ask) {
    agree("v4", ask);
  }

  @ParameterizedTest
  @MethodSource("malformedRequests")
  void soItIsWhereErrorsEndStreams(Ask ask) {
    agree("lenient", ask);
  }

  private static void agree(String listener, Ask ask) {
    SIDES.same(side -> seen(side, listener, ask));
  }

  /** What comes of a request, of another behind it, what is logged, and what the upstream hears. */
  private static List<String> seen(Http3Side side, String listener, Ask ask) {
    String path = ask.path().isEmpty() ? "-" : ask.path();
    int heard = side.heard(path).size();
    int logged = side.log().size();
    String connection = side.connect(listener, "one.test", "");
    List<String> all = new ArrayList<>();
    all.add(side.ask(connection, ask));
    Ask last = Ask.get("/empty?then-" + logged);
    String next = side.ask(connection, last);
    // Envoy ends the connection of a client whose head was too large at the request behind it.
    all.add(ask.path().endsWith("headers-large") ? "" : "then " + next);
    if (!next.startsWith("2")) { // its connection is over
      last = Ask.get("/empty?another-" + logged);
      side.ask(side.connect(listener, "one.test", ""), last);
    }
    all.addAll(side.loggedBefore(last, logged));
    all.addAll(side.heard(path).subList(heard, side.heard(path).size()));
    return all.stream()
        .map(Http3AgreementTest::comparable)
        .filter(line -> !line.isEmpty())
        .toList();
  }

  /** Without what differs for a written reason. */
  private static String comparable(String text) {
    return text
        // RFC 9114, section 4.1.2: what is malformed is H3_MESSAGE_ERROR.
        .replaceAll("(reset|stop) 0x101", "$1 0x10e")
        .replaceAll("closed 0x106 132:", "closed 0x10e ")
        // An answer that breaks off is no request that was rejected (section 8.1).
        .replaceAll("(reset|stop) 0x10b", "$1 0x102")
        // A request that has ended need not be stopped.
        .replaceAll("stop (0x\\w+) \\| reset \\1", "reset $1")
        // What the client need not send any more it may be told when it has the whole answer.
        .replaceAll("^(\\d{3} .*) \\| stop 0x100$", "$1")
        // A tunnel's end at the upstream is no fault of the client's.
        .replaceAll(" UC,DPE ", " UC ")
        // Reasons in words are the libraries'.
        .replaceAll("closed 0x105 .*", "closed 0x105")
        // Envoy does not tell of a stream that the protocol ends.
        .replaceAll(" POST 0 - - (\\d) 0 -", " POST 0 DPE http3.codec_error $1 0 -")
        // Of a request that is refused or answered early it is chance how much was read, and sent
        // on.
        .replaceAll(
            "((inconsistent_content_length|POST 413 - via_upstream|POST 200 - via_upstream|GET 403"
                + " - via_upstream)) \\d+",
            "$1 n")
        .replaceAll(".* reset INTERNAL_ERROR", "")
        // Envoy's log tells neither the certificate shown nor the filter chain.
        .replaceAll(
            "(TLS_AES_256_GCM_SHA384 \\S+) \\S+ - (v4|lenient|mutual|hurried-\\w+|-) ",
            "$1 - - - ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "request", "stream"})
  void clientsWhoStopAmidARequestAreAnsweredInTime(String timeout) {
    for (Ask ask : List.of(Ask.get("/ok").half(), Ask.of("POST", "/early?not").data("a").open())) {
      if (timeout.equals("head") && !ask.path().equals("/ok")) {
        continue; // its head is there
      }
      SIDES.same(
          side -> {
            int logged = side.log().size();
            String connection = side.connect("hurried-" + timeout, "one.test", "");
            List<String> all = new ArrayList<>();
            all.add(side.ask(connection, ask));
            Ask last = Ask.get("/empty?then-" + logged);
            all.add(side.ask(connection, last));
            all.addAll(side.loggedBefore(last, logged));
            return all.stream().map(Http3AgreementTest::comparable).toList();
          });
    }
  }

  @Test
  void clientsWhoTakeNothingOfAnAnswerAreLeftInTime() {
    SIDES.same(
        side -> {
          int logged = side.log().size();
          String connection =
              side.connect("hurried-stream", "one.test", ", \"window\": 500, \"stuck\": true");
          String got = side.ask(connection, Ask.get("/large"));
          List<String> all =
              new ArrayList<>(
                  List.of(
                      got.replaceAll("\\d+ bytes x*", "bytes")
                          // As with an answer that breaks off.
                          .replaceAll("stop 0x10c \\| reset 0x10c", "reset 0x102")));
          side.logged(logged).forEach(line -> all.add(line.replaceAll("^(.* 0) .*", "$1")));
          return all;
        });
  }

  /** Here alone: Envoy waits for as long as the connection lasts. */
  @Test
  void clientsWhoDoNotTakeTheRestOfAnAnswerAreLeftInTime() {
    Http3Side side = SIDES.side(Subject.BIFOCAL);
    int logged = side.log().size();
    String connection =
        side.connect("hurried-stream", "one.test", ", \"window\": 40, \"stuck\": true");
    assertThat(side.ask(connection, Ask.get("/direct"))).isEqualTo("reset 0x102");
    side.proxy.awaitStat("http.hurried-stream.downstream_rq_idle_timeout", 1);
    assertThat(side.logged(logged)).hasSize(1);
  }

  @Test
  void clientsMayMove() {
    SideBySide.Both<List<String>> seen =
        SIDES.ask(
            side -> {
              String connection = side.connect("v4", "one.test", "");
              List<String> all = new ArrayList<>();
              for (int i = 0; i < 5; i++) {
                int logged = side.log().size();
                side.client.tell("{\"move\": \"" + connection + "\"}");
                all.add(
                    side.ask(connection, Ask.of("POST", "/echo?moved").then("\"size\": 50000")));
                side.logged(logged);
              }
              return all;
            });
    assertThat(seen.bifocal()).isEqualTo(seen.envoy());
    assertThat(seen.bifocal()).allMatch(answer -> answer.startsWith("200"));
  }

  @Test
  void anotherServersTokenDoesNoHarm() {
    SideBySide.Both<String> seen =
        SIDES.ask(
            side -> {
              int logged = side.log().size();
              String got =
                  side.ask(
                      side.connect("v6", "one.test", ", \"token\": \"" + "0a".repeat(50) + "\""),
                      Ask.get("/direct"));
              side.logged(logged);
              return got;
            });
    assertThat(seen.bifocal()).startsWith("418").isEqualTo(seen.envoy());
  }

  /** Here alone: Envoy keeps the upstream's connection. */
  @Test
  void aTunnelEndsWithItsClient() {
    Http3Side side = SIDES.side(Subject.BIFOCAL);
    for (Ask ask : List.of(webSocket("/reset"), connect())) {
      int ended = side.tunnels.ends().size();
      int logged = side.log().size();
      String connection = side.connect("lenient", "one.test", "");
      side.client.tell(
          ask.data("hello").then(PAUSE).then("\"reset\": 268").json(connection, "tunnel"));
      await("the upstream's end")
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> side.tunnels.ends().size() > ended);
      assertThat(side.logged(logged))
          .singleElement(InstanceOfAssertFactories.STRING)
          .contains("DR http3.remote_reset");
    }
  }

  static Stream<Arguments> tunnelled() {
    Map<String, Ask> all = new LinkedHashMap<>();
    all.put("websocket", webSocket("/chat").data("hello").then(PAUSE).data("quit").open());
    all.put("websocket-refused", webSocket("/refuse").data("hello").then(PAUSE).open());
    all.put("connect", connect().data("hello").then(PAUSE).data("quit").open());
    all.put("connect-end", connect().data("hello").then(PAUSE).data("over"));
    return all.entrySet().stream()
        .map(each -> Arguments.of(Named.of(each.getKey(), each.getValue())));
  }

  private static Ask webSocket(String path) {
    return Ask.bare()
        .with(":method", "CONNECT")
        .with(":protocol", "websocket")
        .with(":scheme", "https")
        .with(":authority", "tunnel.test")
        .with(":path", path)
        .with("sec-websocket-version", "13");
  }

  private static Ask connect() {
    return Ask.bare().with(":method", "CONNECT").with(":authority", "tunnel.test:80");
  }

  @ParameterizedTest
  @MethodSource("tunnelled")
  void tunnelsCarryBothDirections(Ask ask) {
    SIDES.same(
        side -> {
          int logged = side.log().size();
          int ended = side.tunnels.ends().size();
          String connection = side.connect("lenient", "one.test", "");
          List<String> all = new ArrayList<>();
          all.add(side.ask(connection, ask));
          all.addAll(side.logged(logged));
          await("the upstream's end")
              .atMost(Duration.ofSeconds(10))
              .pollInterval(Duration.ofMillis(10))
              .until(() -> side.tunnels.ends().size() > ended);
          all.addAll(side.tunnels.ends().subList(ended, side.tunnels.ends().size()));
          return all.stream().map(Http3AgreementTest::comparable).toList();
        });
  }

  @Test
  void upgradesAreOfferedAlike() {
    for (String listener : List.of("v4", "lenient")) {
      SideBySide.Both<Boolean> offered =
          SIDES.ask(
              side -> {
                String connection = side.connect(listener, "one.test", "");
                return side.client
                    .tell("{\"settings\": \"" + connection + "\"}")
                    .contains("(8, 1)");
              });
      assertThat(offered.bifocal()).as(listener).isEqualTo(offered.envoy());
    }
  }

  @Test
  void theNameChoosesTheCertificate() {
    for (String listener : List.of("v4", "v6")) {
      for (String name : List.of("one.test", "two.test", "other.test", "")) {
        SideBySide.Both<String> shown =
            SIDES.ask(side -> side.client.connect("name", side.proxy.listener(listener), name));
        assertThat(shown.bifocal()).as(name).startsWith("connected").isEqualTo(shown.envoy());
      }
    }
  }

  @Test
  void clientsShowCertificates() {
    SIDES.same(
        side -> {
          List<String> all = new ArrayList<>();
          for (String more : side.clients()) {
            int logged = side.log().size();
            String how =
                side.client.connect("shows", side.proxy.listener("mutual"), "one.test", more);
            all.add(how);
            String got = side.ask("shows", Ask.get("/ok?mutual"));
            // Of a certificate that is refused our library tells the client nothing.
            all.add(
                got.replaceAll("(quic-closed \\w+) .*", "$1")
                    .replace("quic-closed 0x130", "nothing"));
            if (got.startsWith("200")) {
              side.logged(logged).forEach(line -> all.add(comparable(line)));
            }
          }
          return all;
        });
  }

  /** What both count of some requests, good and bad. */
  @Test
  void theSameIsCounted() throws IOException {
    try (SideBySide<Http3Side> fresh = new SideBySide<>(Http3Side::new)) {
      SideBySide.Both<Map<String, String>> counted =
          fresh.ask(
              side -> {
                String connection = side.connect("v6", "one.test", "");
                for (String name : List.of("ok", "trailers", "refused", "direct", "post-large")) {
                  side.ask(connection, Objects.requireNonNull(cases().get(name)));
                }
                side.ask(side.connect("v6", "one.test", ""), Ask.get("/ok").with("Upper", "a"));
                side.client.tell("{\"close\": \"" + connection + "\"}");
                side.proxy.awaitStat("http.v6.downstream_cx_destroy", 2);
                return side.counted();
              });
      assertThat(counted.bifocal()).isEqualTo(counted.envoy());
    }
  }

  /** {@code idle_timeout} of the connection manager: we say that nothing was wrong. */
  @Test
  void aConnectionThatAsksNothingEnds() {
    var seen = SIDES.ask(side -> side.endOfOneThatAsksNoMore("idle"));
    String counted = " idle_timeout 1 destroy_local 1 destroy_remote 0";
    assertThat(seen.envoy()).startsWith("quic-closed 0x0 ").endsWith(counted);
    assertThat(seen.bifocal()).isEqualTo("closed 0x100" + counted);
  }

  /** {@code idle_timeout} of {@code quic_options}: for us it is the client who is not there. */
  @Test
  void aConnectionOnWhichNothingComesEnds() {
    var seen = SIDES.ask(side -> side.endOfOneThatAsksNoMore("quiet"));
    assertThat(seen.envoy()).endsWith(" idle_timeout 0 destroy_local 1 destroy_remote 0");
    assertThat(seen.bifocal()).endsWith(" idle_timeout 0 destroy_local 0 destroy_remote 1");
  }
}
