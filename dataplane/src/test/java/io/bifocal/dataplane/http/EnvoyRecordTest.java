package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What Envoy 1.40 was seen to send to an upstream and to answer, request by request, with the same
 * configuration. Dates, identifiers and times are masked; headers are compared as sorted lines.
 */
@Timeout(30)
class EnvoyRecordTest {
  private static final String ROUTES =
      """
      [{match: {prefix: /direct}, direct_response: {status: 201, body: {inline_string: hi}}}, \
      {match: {prefix: /empty}, direct_response: {status: 204}}, \
      {match: {prefix: /notimeout}, route: {cluster: up, timeout: 0s}}, \
      {match: {prefix: /pre}, route: {cluster: up, prefix_rewrite: /new}}, \
      {match: {prefix: /host}, route: {cluster: up, host_rewrite_literal: other}}, \
      {match: {prefix: /redir}, redirect: {host_redirect: h.example, path_redirect: /p}}, \
      {match: {prefix: /https}, redirect: {https_redirect: true}}, \
      {match: {prefix: /up}, route: {cluster: up}}]"""
          .replace("\\\n", "");
  private static final String UP = "x-envoy-expected-rq-timeout-ms: 15000";
  private static final String ID = "x-request-id: *";
  private static final String PROTO = "x-forwarded-proto: http";
  private static final String[] OK = {
    "HTTP/1.1 200 OK",
    "content-length: 2",
    "x-envoy-upstream-service-time: *",
    "date: *",
    "server: envoy"
  };

  private static final String HEADERS =
      """
      HTTP/1.1 200 OK
      Content-Length: 2
      Server: mine
      Date: Thu, 01 Jan 1970 00:00:00 GMT
      Connection: keep-alive
      Keep-Alive: timeout=5
      X-Up: a
      x-up: b

      ok"""
          .replace("\n", "\r\n");

  private final HttpBench bench = new HttpBench();
  private final LinkedBlockingQueue<String> seen = new LinkedBlockingQueue<>();

  @BeforeEach
  void serve() throws Exception {
    bench.upstream(
        peer -> {
          for (String head = peer.head(); !head.isEmpty(); head = peer.head()) {
            seen.add(head);
            if (head.contains("content-length: 3")) {
              peer.body(3);
            }
            if (head.contains("/hdrs")) {
              peer.send(HEADERS);
            } else if (head.contains("/reason")) {
              peer.send("HTTP/1.1 299 Strange Thing\r\ncontent-length: 0\r\n\r\n");
            } else if (head.contains("/204")) {
              peer.send("HTTP/1.1 204 No Content\r\n\r\n");
            } else if (head.contains("/304")) {
              peer.send("HTTP/1.1 304 Not Modified\r\netag: \"a\"\r\ncontent-length: 5\r\n\r\n");
            } else if (head.contains("/103")) {
              peer.send("HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n");
              peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            } else if (head.startsWith("HEAD")) {
              peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
            } else {
              peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            }
          }
        });
    bench.serve(HttpBench.manager(ROUTES));
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private static List<String> lines(String head) {
    List<String> lines = new ArrayList<>();
    head.lines()
        .filter(line -> !line.isEmpty())
        .map(line -> line.replaceFirst("^(date|x-request-id): .*", "$1: *"))
        .map(line -> line.replaceFirst("^(x-envoy-upstream-service-time): .*", "$1: *"))
        .forEach(lines::add);
    return lines;
  }

  private static String[] got(String line, String... more) {
    List<String> all = new ArrayList<>(List.of(line, "host: ex.com", PROTO, ID, UP));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static String[] local(String status, String... more) {
    List<String> all = new ArrayList<>(List.of("HTTP/1.1 " + status, "date: *", "server: envoy"));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static String[] refused(String status, int length) {
    return local(
        status, "content-length: " + length, "content-type: text/plain", "connection: close");
  }

  private static final String[] NOTHING = {};

  private static String get(String path, String... headers) {
    return request("GET", path, headers);
  }

  private static String request(String method, String path, String... headers) {
    StringBuilder text = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: ex.com\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    return text.append("\r\n").toString();
  }

  static Stream<Arguments> records() {
    return Stream.of(
        Arguments.of(
            get("/up/x?q=1", "User-Agent: t", "Accept: */*"),
            got("GET /up/x?q=1 HTTP/1.1", "user-agent: t", "accept: */*"),
            OK),
        Arguments.of(
            get(
                "/up",
                "Connection: keep-alive, X-Foo",
                "X-Foo: 1",
                "Keep-Alive: 5",
                "Proxy-Connection: x",
                "TE: trailers, gzip"),
            got("GET /up HTTP/1.1", "te: trailers"),
            OK),
        Arguments.of(
            get(
                "/up",
                "X-Forwarded-For: 10.0.0.1",
                "x-envoy-upstream-rq-timeout-ms: 100",
                "x-envoy-internal: true"),
            got("GET /up HTTP/1.1", "x-forwarded-for: 10.0.0.1"),
            OK),
        Arguments.of(
            get("/up/hdrs"),
            got("GET /up/hdrs HTTP/1.1"),
            new String[] {
              "HTTP/1.1 200 OK",
              "content-length: 2",
              "server: envoy",
              "date: *",
              "x-up: a",
              "x-up: b",
              "x-envoy-upstream-service-time: *"
            }),
        Arguments.of(
            get("/up/reason"),
            got("GET /up/reason HTTP/1.1"),
            local("299 Unknown", "content-length: 0", "x-envoy-upstream-service-time: *")),
        Arguments.of(
            get("/up/204"),
            got("GET /up/204 HTTP/1.1"),
            local("204 No Content", "x-envoy-upstream-service-time: *")),
        Arguments.of(
            get("/up/304"),
            got("GET /up/304 HTTP/1.1"),
            local(
                "304 Not Modified",
                "etag: \"a\"",
                "content-length: 5",
                "x-envoy-upstream-service-time: *")),
        Arguments.of(get("/up/103"), got("GET /up/103 HTTP/1.1"), OK),
        Arguments.of(request("HEAD", "/up"), got("HEAD /up HTTP/1.1"), OK),
        Arguments.of(
            request("POST", "/up", "Content-Length: 3") + "abc",
            got("POST /up HTTP/1.1", "content-length: 3"),
            OK),
        Arguments.of(request("POST", "/up"), got("POST /up HTTP/1.1", "content-length: 0"), OK),
        Arguments.of(request("PURGE", "/up"), got("PURGE /up HTTP/1.1", "content-length: 0"), OK),
        Arguments.of(request("DELETE", "/up"), got("DELETE /up HTTP/1.1"), OK),
        Arguments.of(
            get("/up", "Connection: close"),
            got("GET /up HTTP/1.1"),
            local(
                "200 OK",
                "content-length: 2",
                "x-envoy-upstream-service-time: *",
                "connection: close")),
        Arguments.of(
            get("/up", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: x"),
            got("GET /up HTTP/1.1"),
            OK),
        Arguments.of(get("/up", "Upgrade: websocket"), got("GET /up HTTP/1.1"), OK),
        Arguments.of(
            get("/up", "Connection: Upgrade", "Upgrade: websocket"),
            NOTHING,
            local("403 Forbidden", "content-length: 0", "connection: close")),
        Arguments.of(
            get("/notimeout"),
            new String[] {"GET /notimeout HTTP/1.1", "host: ex.com", PROTO, ID},
            OK),
        Arguments.of(
            get("/pre/a?b"), got("GET /new/a?b HTTP/1.1", "x-envoy-original-path: /pre/a?b"), OK),
        Arguments.of(
            get("/host"),
            new String[] {
              "GET /host HTTP/1.1", "host: other", PROTO, ID, UP, "x-envoy-original-host: ex.com"
            },
            OK),
        Arguments.of(
            get("http://abs.example/up/a?b"),
            new String[] {"GET /up/a?b HTTP/1.1", "host: abs.example", PROTO, ID, UP},
            OK),
        Arguments.of(
            get("/direct"),
            NOTHING,
            local(
                "201 Created",
                "location: http://ex.com/direct",
                "content-length: 2",
                "content-type: text/plain")),
        Arguments.of(get("/empty"), NOTHING, local("204 No Content")),
        Arguments.of(
            get("/redir?a=b"),
            NOTHING,
            local(
                "301 Moved Permanently", "location: http://h.example/p?a=b", "content-length: 0")),
        Arguments.of(
            "GET /https?a=b HTTP/1.1\r\nHost: a:80\r\n\r\n",
            NOTHING,
            local("301 Moved Permanently", "location: https://a/https?a=b", "content-length: 0")),
        Arguments.of(
            "GET /up HTTP/1.0\r\nHost: ex.com\r\n\r\n",
            NOTHING,
            refused("426 Upgrade Required", 16)),
        Arguments.of(
            "GET /up HTTP/1.1\r\n\r\n",
            NOTHING,
            local("400 Bad Request", "content-length: 0", "connection: close")),
        Arguments.of(
            get("/up#frag"),
            NOTHING,
            local("400 Bad Request", "content-length: 0", "connection: close")),
        Arguments.of(request("OPTIONS", "*"), NOTHING, local("404 Not Found", "content-length: 0")),
        Arguments.of(
            request("CONNECT", "ex.com:80"),
            NOTHING,
            local("404 Not Found", "content-length: 0", "connection: close")),
        Arguments.of("garbage\r\n\r\n", NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(get("up"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(request("get", "/up"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(get("/up a"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(get("/up", "no colon"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(get("/up", "a : c"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(get("/up", "a: c\u0001d"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(
            request("POST", "/up", "Content-Length: x"), NOTHING, refused("400 Bad Request", 11)),
        Arguments.of(
            request("POST", "/up", "Content-Length: 3", "Content-Length: 4"),
            NOTHING,
            refused("400 Bad Request", 11)),
        Arguments.of(
            request("POST", "/up", "Content-Length: 3", "Transfer-Encoding: chunked"),
            NOTHING,
            refused("400 Bad Request", 11)),
        Arguments.of(
            request("POST", "/up", "Transfer-Encoding: gzip"),
            NOTHING,
            refused("501 Not Implemented", 15)),
        Arguments.of(
            get("/up", "a: " + "x".repeat(70_000)),
            NOTHING,
            refused("431 Request Header Fields Too Large", 31)),
        Arguments.of(
            get("/up" + "x".repeat(70_000)),
            NOTHING,
            refused("431 Request Header Fields Too Large", 31)),
        Arguments.of(
            get("/up", Stream.generate(() -> "h: 1").limit(101).toArray(String[]::new)),
            NOTHING,
            refused("431 Request Header Fields Too Large", 31)));
  }

  @ParameterizedTest
  @MethodSource("records")
  void requestsAndAnswersAreEnvoys(String request, String[] forwarded, String[] answered)
      throws Exception {
    ScriptedUpstream.Peer client = bench.client();
    client.send(request);

    assertThat(lines(client.head())).containsExactlyInAnyOrder(answered);
    String head = seen.poll(forwarded.length == 0 ? 0 : 20, TimeUnit.SECONDS);
    if (forwarded.length == 0) {
      assertThat(head).isNull();
    } else {
      assertThat(lines(head == null ? "" : head)).containsExactlyInAnyOrder(forwarded);
    }
  }
}
