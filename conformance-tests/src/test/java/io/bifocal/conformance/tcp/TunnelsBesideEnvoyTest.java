package io.bifocal.conformance.tcp;

import static io.bifocal.conformance.tcp.TcpSide.cluster;
import static io.bifocal.conformance.tcp.TcpSide.listener;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Connections through tunnels of Envoy's and of Bifocal's: what the proxy that ends the tunnel
 * hears, what the client gets, what the access log says, and what is counted.
 */
class TunnelsBesideEnvoyTest {
  @RegisterExtension static final TcpSides SIDES = new TcpSides(TunnelsBesideEnvoyTest::bootstrap);

  /** With the client's end Envoy closes a tunnel itself; here the proxy's end is waited for. */
  private static final Pattern CLOSED_BY =
      Pattern.compile("(, )?cluster\\.up\\.upstream_cx_destroy_(local|remote)\\w*=\\d+");

  private static final String OK = "HTTP/1.1 200 OK\r\n\r\n";
  private static final String END = "\r\n\r\n";

  private static String bootstrap(Path log, int port) {
    return tunnel(
            "connect",
            log,
            "",
            "hostname: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%:443', headers_to_add: [{header:"
                + " {key: X-Who, value: '%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%'}}],"
                + " propagate_response_headers: true")
        + tunnel("again", log, "max_connect_attempts: 2", "hostname: h.example")
        + tunnel("patient", log, "idle_timeout: 0.3s", "hostname: h.example")
        + tunnel(
            "post",
            log,
            "",
            "hostname: h.example, use_post: true, post_path: /p, propagate_response_headers: true,"
                + " propagate_response_trailers: true")
        + "  clusters:\n"
        + cluster("up", "", port);
  }

  private static String tunnel(String name, Path log, String options, String tunneling) {
    return listener(
        name, log, "cluster: up\n" + options + "\ntunneling_config: {" + tunneling + "}");
  }

  static Stream<TcpSide.Named> plays() {
    return Stream.of(
        new TcpSide.Named("a tunnel", (side, seen) -> tunnel(side, "connect", OK, seen)),
        new TcpSide.Named(
            "201, and a length that means nothing",
            (side, seen) ->
                tunnel(side, "connect", "HTTP/1.1 201 x\r\ncontent-length: 5" + END, seen)),
        new TcpSide.Named(
            "an answer before the answer",
            (side, seen) -> tunnel(side, "connect", "HTTP/1.1 100 Continue" + END + OK, seen)),
        new TcpSide.Named(
            "403",
            (side, seen) ->
                refused(
                    side,
                    "connect",
                    1,
                    "HTTP/1.1 403 No\r\nx-why: no\r\ncontent-length: 2" + END + "no",
                    seen)),
        new TcpSide.Named(
            "503, twice",
            (side, seen) ->
                refused(side, "again", 2, "HTTP/1.1 503 x\r\ncontent-length: 0" + END, seen)),
        new TcpSide.Named(
            "not HTTP", (side, seen) -> refused(side, "connect", 1, "nonsense" + END, seen)),
        new TcpSide.Named("503, then 200", TunnelsBesideEnvoyTest::refusedOnce),
        new TcpSide.Named("idle", TunnelsBesideEnvoyTest::idle),
        new TcpSide.Named("the proxy resets", TunnelsBesideEnvoyTest::proxyResets),
        new TcpSide.Named("the client resets", TunnelsBesideEnvoyTest::clientResets),
        new TcpSide.Named(
            "a POST that is refused",
            (side, seen) ->
                refused(side, "post", 1, "HTTP/1.1 404 x\r\ncontent-length: 2" + END + "no", seen)),
        new TcpSide.Named(
            "a POST that has its answer already",
            (side, seen) ->
                refused(side, "post", 1, "HTTP/1.1 200 x\r\ncontent-length: 0" + END, seen)),
        new TcpSide.Named("a POST", TunnelsBesideEnvoyTest::post));
  }

  private static String head(Talk proxy) {
    StringBuilder head = new StringBuilder();
    while (head.indexOf(END) < 0 && head.indexOf("<") < 0) {
      head.append(proxy.hear(1));
    }
    return head.toString();
  }

  /** What the client says early waits for the answer. */
  private static void tunnel(TcpSide side, String listener, String answer, List<String> seen)
      throws IOException {
    try (Talk client = side.connect(listener).say("early");
        Talk proxy = side.accept()) {
      seen.add(head(proxy));
      proxy.say(answer + "hello");
      seen.add(proxy.hear(5));
      seen.add(client.hear(5));
      client.say("more");
      seen.add(proxy.hear(4));
      client.endOutput();
      seen.add(proxy.hearAll());
      proxy.leave();
      seen.add(client.hearAll());
    }
  }

  private static void refused(
      TcpSide side, String listener, int times, String answer, List<String> seen)
      throws IOException {
    try (Talk client = side.connect(listener)) {
      for (int i = 0; i < times; i++) {
        try (Talk proxy = side.accept()) {
          seen.add(head(proxy));
          proxy.say(answer);
          seen.add(proxy.hearAll());
        }
      }
      seen.add(client.hearAll());
    }
  }

  private static void refusedOnce(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("again").say("early")) {
      try (Talk first = side.accept()) {
        seen.add(head(first));
        first.say("HTTP/1.1 503 x\r\ncontent-length: 0" + END);
        seen.add(first.hearAll());
      }
      try (Talk second = side.accept()) {
        seen.add(head(second));
        second.say(OK);
        seen.add(second.hear(5));
        client.endOutput();
        seen.add(second.hearAll());
      }
    }
  }

  private static void idle(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("patient");
        Talk proxy = side.accept()) {
      seen.add(head(proxy));
      proxy.say(OK);
      seen.add(client.hearAll());
      seen.add(proxy.hearAll());
    }
  }

  private static void proxyResets(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("connect");
        Talk proxy = side.accept()) {
      seen.add(head(proxy));
      proxy.say(OK + "hello");
      seen.add(client.hear(5));
      proxy.reset();
      seen.add(client.hearAll());
    }
  }

  private static void clientResets(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("connect");
        Talk proxy = side.accept()) {
      seen.add(head(proxy));
      proxy.say(OK + "hello");
      seen.add(client.hear(5));
      client.reset();
      seen.add(proxy.hearAll());
    }
  }

  private static void post(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("post").say("early");
        Talk proxy = side.accept()) {
      seen.add(head(proxy));
      proxy.say("HTTP/1.1 200 OK\r\nx-a: 1" + END + "hello");
      seen.add(proxy.hear(10));
      seen.add(client.hear(5));
      client.endOutput();
      seen.add(proxy.hear(5));
    }
  }

  @ParameterizedTest
  @MethodSource("plays")
  void bothEndsGetTheSameAndTheSameIsTold(TcpSide.Named named) {
    SIDES.agreed(named.play(), told -> CLOSED_BY.matcher(told).replaceAll(""));
  }

  /** Envoy 1.40 ends both directions with the client's, and what comes later is lost. */
  @Test
  void whatTheProxySaysAfterTheClientsEndStillArrives() throws IOException {
    TcpSide side = SIDES.side(Subject.BIFOCAL);
    try (Talk client = side.connect("connect").say("question");
        Talk proxy = side.accept()) {
      head(proxy);
      proxy.say(OK);
      assertThat(proxy.hear(8)).isEqualTo("question");
      client.endOutput();
      assertThat(proxy.hearAll()).isEqualTo("<closed>");
      proxy.say("answer");
      proxy.leave();
      assertThat(client.hearAll()).isEqualTo("answer<closed>");
    }
  }

  /** Envoy 1.40 does not survive it. */
  @Test
  void aPostWhoseAnswerEndsFirstIsEndedForTheClient() throws IOException {
    TcpSide side = SIDES.side(Subject.BIFOCAL);
    try (Talk client = side.connect("post").say("question");
        Talk proxy = side.accept()) {
      head(proxy);
      proxy.say("HTTP/1.1 200 OK\r\ncontent-length: 6" + END + "answer");
      assertThat(client.hearAll()).isEqualTo("answer<closed>");
      client.endOutput();
      assertThat(proxy.hear(18)).endsWith("0\r\n\r\n");
    }
  }
}
