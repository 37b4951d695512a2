package io.bifocal.conformance.tcp;

import static io.bifocal.conformance.tcp.TcpSide.accessLog;
import static io.bifocal.conformance.tcp.TcpSide.cluster;
import static io.bifocal.conformance.tcp.TcpSide.listener;
import static io.bifocal.conformance.tcp.TcpSide.tcpProxy;

import io.bifocal.conformance.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tunnels that end at a connection manager, as with Envoy: over HTTP/1.1 from a client, and over
 * HTTP/2 from a TCP proxy of the same program.
 */
class ConnectBesideEnvoyTest {
  @RegisterExtension static final TcpSides SIDES = new TcpSides(ConnectBesideEnvoyTest::bootstrap);

  private static final String TYPES = "type.googleapis.com/envoy.extensions.";
  private static final String CONNECT = "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n";
  private static final String POST =
      "POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";

  /** How heads are compressed, and whether a server that is done with a stream resets it. */
  private static final Pattern OF_HTTP2 =
      Pattern.compile(
          "(cluster\\.kept\\.)(upstream_cx_[rt]x_bytes_total|http2\\.rx_reset"
              + "|upstream_rq_rx_reset_no_error)=\\d+(, )?");

  private static final String END = "\r\n\r\n";

  private static String bootstrap(Path log, int port) {
    int end = Ports.free();
    return listener("ends", end, "", manager("ends", "", "up"))
        + listener("connect", 0, "", manager("connect", log(log), "up"))
        + listener("dead", 0, "", manager("dead", log(log), "dead"))
        + listener("told", 0, "", manager("told", log(log), "told"))
        + tunnel("through", log, "hostname: 'a:80'")
        + tunnel("post", log, "hostname: a, use_post: true, post_path: /p, headers_to_add: []")
        + tunnel("refused", log, "hostname: no.example")
        + "  clusters:\n"
        + cluster("up", "", port)
        + cluster("told", "", port)
        + cluster("dead", "", Ports.free())
        + cluster(
            "kept",
            "typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions:"
                + " {\"@type\": "
                + TYPES
                + "upstreams.http.v3.HttpProtocolOptions, explicit_http_config:"
                + " {http2_protocol_options: {}}}},",
            end);
  }

  private static String log(Path log) {
    return accessLog(
        log,
        "%ACCESS_LOG_TYPE% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
            + " %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_CLUSTER% %REQ(:METHOD)% %REQ(:AUTHORITY)%");
  }

  private static String tunnel(String name, Path log, String tunneling) {
    return listener(
        name, 0, "", tcpProxy(name, log, "cluster: kept\ntunneling_config: {" + tunneling + "}"));
  }

  private static String manager(String name, String log, String cluster) {
    String header = cluster.equals("told") ? "proxy_protocol_config: {version: V1}" : "";
    return """
        "@type": %1$sfilters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: %2$s
        %3$s
        http2_protocol_options: {allow_connect: true}
        upgrade_configs: [{upgrade_type: CONNECT}]
        route_config:
          virtual_hosts:
          - name: refusing
            domains: [no.example]
            routes:
            - {match: {connect_matcher: {}}, direct_response: {status: 403}}
          - name: all
            domains: ["*"]
            routes:
            - {match: {connect_matcher: {}}, route: {cluster: %4$s, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {%5$s}}]}}
            - {match: {prefix: /p}, route: {cluster: %4$s, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {allow_post: true}}]}}
        http_filters: [{name: r, typed_config: {"@type": %1$sfilters.http.router.v3.Router}}]
        """
        .formatted(TYPES, name, log, cluster, header);
  }

  static Stream<TcpSide.Named> plays() {
    return Stream.of(
        new TcpSide.Named("a tunnel that ends here", ConnectBesideEnvoyTest::ends),
        new TcpSide.Named("a header of the PROXY protocol", ConnectBesideEnvoyTest::told),
        new TcpSide.Named("nobody listens", ConnectBesideEnvoyTest::dead),
        new TcpSide.Named("a POST whose body is the tunnel", ConnectBesideEnvoyTest::body),
        new TcpSide.Named("the upstream ends first", ConnectBesideEnvoyTest::upstreamEnds),
        new TcpSide.Named("the client leaves", ConnectBesideEnvoyTest::clientLeaves),
        new TcpSide.Named("through one of HTTP/2", (side, seen) -> through(side, "through", seen)),
        new TcpSide.Named(
            "through one of HTTP/2, by POST", (side, seen) -> through(side, "post", seen)),
        new TcpSide.Named("the client resets one of HTTP/2", ConnectBesideEnvoyTest::resets),
        new TcpSide.Named("the upstream ends one of HTTP/2", ConnectBesideEnvoyTest::endsThrough),
        new TcpSide.Named("refused over HTTP/2", ConnectBesideEnvoyTest::refused));
  }

  /** The status line: of headers, dates and order are not the question. */
  private static String status(Talk client) {
    StringBuilder head = new StringBuilder();
    while (head.indexOf(END) < 0 && head.indexOf("<") < 0) {
      head.append(client.hear(1));
    }
    return head.toString().lines().findFirst().orElse("");
  }

  private static void ends(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("connect").say(CONNECT + "early");
        Talk upstream = side.accept()) {
      seen.add(upstream.hear(5));
      seen.add(status(client));
      upstream.say("hello");
      seen.add(client.hear(5));
      client.say("more");
      seen.add(upstream.hear(4));
      client.leave();
      seen.add(upstream.hearAll());
    }
  }

  private static void told(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("told").say(CONNECT + "early");
        Talk upstream = side.accept()) {
      StringBuilder heard = new StringBuilder();
      while (heard.indexOf("early") < 0 && heard.indexOf("<") < 0) {
        heard.append(upstream.hear(1));
      }
      seen.add(
          heard
              .toString()
              .replace(client.port() + " " + client.peerPort() + "\r\n", "<its ports>\r\n"));
      seen.add(status(client));
      client.leave();
      seen.add(upstream.hearAll());
    }
  }

  private static void dead(TcpSide side, List<String> seen) {
    try (Talk client = side.connect("dead").say(CONNECT)) {
      seen.add(status(client));
    }
  }

  private static void body(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("connect").say(POST + "5\r\nhello\r\n");
        Talk upstream = side.accept()) {
      seen.add(upstream.hear(5));
      seen.add(status(client));
      upstream.say("abc");
      seen.add(client.hear(8));
      client.say("0\r\n\r\n");
      seen.add(upstream.hearAll());
      upstream.say("late").endOutput();
      seen.add(client.hear(14));
    }
  }

  private static void upstreamEnds(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("connect").say(CONNECT);
        Talk upstream = side.accept()) {
      seen.add(status(client));
      upstream.say("bye").leave();
      seen.add(client.hearAll());
    }
  }

  private static void clientLeaves(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("connect").say(CONNECT);
        Talk upstream = side.accept()) {
      seen.add(status(client));
      client.reset();
      seen.add(upstream.hearAll());
    }
  }

  private static void through(TcpSide side, String listener, List<String> seen) throws IOException {
    try (Talk client = side.connect(listener).say("early");
        Talk upstream = side.accept()) {
      seen.add(upstream.hear(5));
      upstream.say("hello");
      seen.add(client.hear(5));
      client.say("more").endOutput();
      seen.add(upstream.hearAll());
      upstream.say("late").endOutput();
      seen.add(client.hearAll());
    }
  }

  private static void resets(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("through").say("early");
        Talk upstream = side.accept()) {
      seen.add(upstream.hear(5));
      client.reset();
      seen.add(upstream.hearAll());
    }
  }

  private static void endsThrough(TcpSide side, List<String> seen) throws IOException {
    try (Talk client = side.connect("through").say("early");
        Talk upstream = side.accept()) {
      seen.add(upstream.hear(5));
      upstream.say("bye").leave();
      seen.add(client.hearAll());
    }
  }

  private static void refused(TcpSide side, List<String> seen) {
    try (Talk client = side.connect("refused")) {
      seen.add(client.hearAll());
    }
  }

  @ParameterizedTest
  @MethodSource("plays")
  void bothEndsGetTheSameAndTheSameIsTold(TcpSide.Named named) {
    SIDES.agreed(named.play(), told -> OF_HTTP2.matcher(told).replaceAll(""));
  }
}
