package io.bifocal.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Sides;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests for another protocol, trailers and HTTP/1.0: what the client and the upstream see, and
 * what is logged, as with Envoy.
 */
class UpgradesBesideEnvoyTest {
  private static final String HOST = "Host: a\r\n";
  private static final String WEBSOCKET =
      HOST + "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n";
  // It looks like a request, so that the upstream hears and answers it.
  private static final String PAYLOAD = "SAY /word TUNNEL\r\n\r\n";

  /** Requests for this protocol have filters of their own. */
  private static final String OWN =
      "{upgrade_type: Own, filters: ["
          + RouterSide.mutating("mutate", "own")
          + "{name: router, typed_config: {\"@type\":"
          + " type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}";

  @RegisterExtension
  static final Sides<HttpSide> SIDES =
      new Sides<>(HttpSide.of(config(), UpgradesBesideEnvoyTest::answer));

  private static HttpSide.Config config() {
    return HttpSide.Config.PLAIN
        .withManager(
            "http_protocol_options: {accept_http_10: true, default_host_for_http_10: h10,"
                + " allow_chunked_length: true, enable_trailers: true},"
                + " upgrade_configs: [{upgrade_type: websocket}, {upgrade_type: CONNECT},"
                + " {upgrade_type: dull, enabled: false}, "
                + OWN
                + "], access_log_options:"
                + " {flush_log_on_tunnel_successfully_established: true}")
        .withVirtualHosts(
            "{name: all, domains: ['*'], routes: ["
                + "{match: {connect_matcher: {}}, route: {cluster: upstream}},"
                + "{match: {prefix: /never}, route: {cluster: upstream,"
                + " upgrade_configs: [{upgrade_type: WEBSOCKET, enabled: false}]}},"
                + "{match: {prefix: /dull}, route: {cluster: upstream,"
                + " upgrade_configs: [{upgrade_type: dull}]}},"
                + "{match: {prefix: /unfiltered}, route: {cluster: upstream},"
                + " typed_per_filter_config: {mutate: {\"@type\":"
                + " type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}}},"
                + "{match: {prefix: /}, route: {cluster: upstream}}]}");
  }

  private static String answer(HearingUpstream.Heard heard) {
    if (heard.method().equals("SAY")) {
      return "said " + heard.path();
    } else if (heard.method().equals("CONNECT")) {
      return "HTTP/1.1 200 OK\r\nx: y\r\n\r\nhello ";
    } else if (heard.path().endsWith("misunderstood")) {
      return "HTTP/1.1 200 OK\r\nx: y\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
    } else if (heard.path().endsWith("moved")) {
      return "HTTP/1.1 302 Found\r\nlocation: /\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n";
    } else if (heard.path().endsWith("refused")) {
      return "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno";
    } else if (heard.headers().containsKey("upgrade")) {
      return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
          + heard.headers().get("upgrade")
          + "\r\n\r\nhello ";
    } else if (heard.path().endsWith("chunked")) {
      return "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nt: v\r\n\r\n";
    }
    return HearingUpstream.ok(heard);
  }

  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of("WebSocket", "GET /ws HTTP/1.1\r\n" + WEBSOCKET + "\r\n"),
        Arguments.of("with early payload", "GET /ws HTTP/1.1\r\n" + WEBSOCKET + "\r\n" + PAYLOAD),
        Arguments.of("refused by the upstream", "GET /refused HTTP/1.1\r\n" + WEBSOCKET + "\r\n"),
        Arguments.of(
            "taken for a plain request", "GET /misunderstood HTTP/1.1\r\n" + WEBSOCKET + "\r\n"),
        Arguments.of("sent elsewhere", "GET /moved HTTP/1.1\r\n" + WEBSOCKET + "\r\n"),
        Arguments.of("refused by the route", "GET /never HTTP/1.1\r\n" + WEBSOCKET + "\r\n"),
        Arguments.of(
            "not configured",
            "GET / HTTP/1.1\r\n" + HOST + "Connection: upgrade\r\nUpgrade: other\r\n\r\n"),
        Arguments.of(
            "switched off",
            "GET / HTTP/1.1\r\n" + HOST + "Connection: upgrade\r\nUpgrade: dull\r\n\r\n"),
        Arguments.of(
            "allowed by the route",
            "GET /dull HTTP/1.1\r\n" + HOST + "Connection: upgrade\r\nUpgrade: DULL\r\n\r\n"),
        Arguments.of(
            "with filters of its own",
            "GET /ws HTTP/1.1\r\n" + HOST + "Connection: upgrade\r\nUpgrade: own\r\n\r\n"),
        Arguments.of(
            "without them by the route",
            "GET /unfiltered HTTP/1.1\r\n" + HOST + "Connection: upgrade\r\nUpgrade: OWN\r\n\r\n"),
        Arguments.of(
            "h2c is overlooked",
            "GET / HTTP/1.1\r\n" + HOST + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
        Arguments.of("CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n" + PAYLOAD),
        Arguments.of(
            "CONNECT with a length",
            "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\ncontent-length: 3\r\n\r\n"),
        Arguments.of("HTTP/1.0", "GET /old HTTP/1.0\r\nHost: a\r\n\r\n"),
        Arguments.of("HTTP/1.0, kept", "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
        Arguments.of("HTTP/1.0 without a host", "GET /old HTTP/1.0\r\n\r\n"),
        Arguments.of("HTTP/1.0 without chunks", "GET /chunked HTTP/1.0\r\n\r\n"),
        Arguments.of(
            "chunks and a length",
            "POST / HTTP/1.1\r\n"
                + HOST
                + "transfer-encoding: chunked\r\ncontent-length: 9\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        Arguments.of(
            "trailers that the upstream does not take",
            "POST /chunked HTTP/1.1\r\n"
                + HOST
                + "te: trailers\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nt: v\r\n\r\n"));
  }

  private static String outcome(HttpSide side, String request) {
    RawClient.Answer answer = RawClient.send(side.listener(), request);
    StringBuilder all = new StringBuilder(normal(answer.bytes()));
    if (!answer.bytes().contains("connection: close")) { // how soon is not the question
      all.append(answer.closed() ? "\n(closed)" : "\n(open)");
    }
    side.upstream()
        .takeHeard()
        .forEach(
            heard -> {
              heard.headers().keySet().removeAll(List.of("x-request-id"));
              all.append("\n<- ").append(heard);
            });
    boolean tunnel =
        answer.bytes().startsWith("HTTP/1.1 101")
            || request.startsWith("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n");
    side.takeLogged(tunnel ? 2 : 1).forEach(line -> all.append("\nlog ").append(line));
    return all.toString();
  }

  // Of the headers the order, and what depends on the moment, is not the question.
  private static String normal(String message) {
    int end = message.indexOf("\r\n\r\n");
    if (end < 0) {
      return message;
    }
    String[] lines = message.substring(0, end).split("\r\n", -1);
    StringBuilder head = new StringBuilder(lines[0]);
    Stream.of(lines)
        .skip(1)
        .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("date:"))
        .map(line -> line.replaceAll("(service-time: )\\d+", "$1*"))
        .sorted()
        .forEach(line -> head.append('\n').append(line));
    return head + "\n\n" + message.substring(end + 4);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void bothDoTheSame(String name, String request) {
    SIDES.same(side -> outcome(side, request));
  }

  @Test
  void whatIsAskedForBehindAnotherRequestHasItsTurn() {
    String ahead = "GET /first HTTP/1.1\r\n" + HOST + "\r\n";
    String upgrade = "GET /ws HTTP/1.1\r\n" + WEBSOCKET + "\r\n" + PAYLOAD;
    List<String> turns = SIDES.same(side -> turns(side, ahead + upgrade));
    assertThat(turns).contains("HTTP/1.1 101", "SAY /word");
  }

  // What is answered, and what the upstream hears, in their order.
  private static List<String> turns(HttpSide side, String requests) {
    String answers = RawClient.send(side.proxy(), side.listener(), requests).bytes();
    List<String> turns = new ArrayList<>();
    Pattern.compile("HTTP/1.1 \\d+|hello|said /word")
        .matcher(answers)
        .results()
        .forEach(found -> turns.add(found.group()));
    side.upstream().takeHeard().forEach(heard -> turns.add(heard.method() + " " + heard.path()));
    side.takeLogged(3);
    return turns;
  }
}
