package io.bifocal.dataplane.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests through a connection manager and a router, over real sockets. */
@Timeout(30)
class ProxyingTest {
  private static final String TO_UP = "[{match: {prefix: /}, route: {cluster: up}}]";
  private final HttpBench bench = new HttpBench();

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private StreamInfo logged() throws InterruptedException {
    StreamInfo info = bench.logged.poll(20, TimeUnit.SECONDS);
    assertThat(info).as("an access log entry").isNotNull();
    return info;
  }

  @Test
  void aRequestReachesTheUpstreamAndItsAnswerTheClient() throws Exception {
    bench.upstream(
        peer -> {
          String head = peer.head();
          peer.send(
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Seen: "
                  + head.lines().findFirst().orElse("")
                  + "\r\n\r\nbody");
          peer.head();
        });
    bench.serve(HttpBench.manager(TO_UP));

    String answer = bench.ask("GET /path?q=1 HTTP/1.1\r\nHost: example.com\r\n\r\n");

    assertThat(answer)
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("x-seen: GET /path?q=1 HTTP/1.1\r\n")
        .contains("server: envoy\r\n")
        .contains("x-envoy-upstream-service-time: ")
        .contains("date: ")
        .endsWith("\r\n\r\nbody");
    StreamInfo info = logged();
    assertThat(info.responseCode).isEqualTo(200);
    assertThat(info.responseCodeDetails).isEqualTo("via_upstream");
    assertThat(info.upstreamCluster).isEqualTo("up");
    assertThat(info.bytesSent).isEqualTo(4);
    assertThat(bench.counter("http.p.downstream_rq_2xx")).isEqualTo(1);
    assertThat(bench.counter("cluster.up.upstream_rq_200")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void bothFamiliesAreServed(String address) throws Exception {
    InetAddress ip = InetAddresses.forString(address);
    assumeThat(NetworkInterface.getByInetAddress(ip)).as("an interface has %s", ip).isNotNull();
    ScriptedUpstream upstream =
        bench.upstream(
            peer -> {
              peer.head();
              peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
              peer.head();
            },
            ip);
    bench.serve(HttpBench.manager(TO_UP), ip);

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).endsWith("ok");
    assertThat(requireNonNull(logged().upstreamRemote))
        .isEqualTo(new Address.Ip(ip, upstream.address().getPort()));
  }

  @Test
  void connectionsAreKeptOnBothSides() throws Exception {
    ScriptedUpstream upstream =
        bench.upstream(
            peer -> {
              while (!peer.message().isEmpty()) {
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
              }
            });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    for (int i = 0; i < 5; i++) {
      client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
      assertThat(client.message()).endsWith("\r\n\r\nok");
    }

    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(bench.counter("http.p.downstream_cx_total")).isEqualTo(1);
    assertThat(bench.counter("http.p.downstream_rq_total")).isEqualTo(5);
  }

  @Test
  void directResponsesNeedNoUpstream() throws Exception {
    bench.serve(
        HttpBench.manager(
            "[{match: {path: /x}, direct_response: {status: 201, body: {inline_string: hi}}}]"));

    String answer = bench.ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(answer)
        .startsWith("HTTP/1.1 201 Created\r\n")
        .contains("location: http://a/x\r\n", "content-length: 2\r\n")
        .contains("content-type: text/plain\r\n")
        .endsWith("\r\n\r\nhi");
    assertThat(logged().responseCodeDetails).isEqualTo("direct_response");
  }

  @Test
  void withoutARouteTheAnswerIs404() throws Exception {
    bench.serve(HttpBench.manager("[]"));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).startsWith("HTTP/1.1 404 Not Found");
    assertThat(logged().has(ResponseFlag.NO_ROUTE_FOUND)).isTrue();
    assertThat(bench.counter("http.p.no_route")).isEqualTo(1);
  }

  @Test
  void withoutTheClusterTheAnswerIs503() throws Exception {
    bench.serve(HttpBench.manager(TO_UP));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
        .contains("content-length: 0\r\n");
    assertThat(logged().has(ResponseFlag.NO_CLUSTER_FOUND)).isTrue();
  }

  @Test
  void withoutAHostTheAnswerSaysSo() throws Exception {
    bench.cluster("up", null, CircuitBreakers.defaults());
    bench.serve(HttpBench.manager(TO_UP));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 503 ")
        .endsWith("\r\n\r\nno healthy upstream");
    assertThat(logged().has(ResponseFlag.NO_HEALTHY_UPSTREAM)).isTrue();
  }

  @Test
  void aRefusedConnectionIsARemoteConnectionFailure() throws Exception {
    InetSocketAddress nobody;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddresses.forString("127.0.0.1"))) {
      nobody = (InetSocketAddress) socket.getLocalSocketAddress();
    }
    bench.cluster("up", nobody, CircuitBreakers.defaults());
    bench.serve(HttpBench.manager(TO_UP));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 503 ")
        .endsWith(
            "upstream connect error or disconnect/reset before headers. reset reason: remote"
                + " connection failure");
    StreamInfo info = logged();
    assertThat(info.has(ResponseFlag.UPSTREAM_CONNECTION_FAILURE)).isTrue();
    assertThat(info.upstreamTransportFailureReason).isNotEmpty();
  }

  @Test
  void anOverflowIsToldAsSuch() throws Exception {
    bench.cluster(
        "up",
        new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 9),
        new CircuitBreakers(1024, 0, 1024, 3));
    bench.serve(HttpBench.manager(TO_UP));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 503 ")
        .contains("x-envoy-overloaded: true\r\n")
        .endsWith("reset reason: overflow");
    assertThat(logged().has(ResponseFlag.UPSTREAM_OVERFLOW)).isTrue();
  }

  @Test
  void anUpstreamThatClosesBeforeTheAnswerIs503() throws Exception {
    bench.upstream(ScriptedUpstream.Peer::head);
    bench.serve(HttpBench.manager(TO_UP));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 503 ")
        .endsWith("reset reason: connection termination");
    assertThat(logged().has(ResponseFlag.UPSTREAM_CONNECTION_TERMINATION)).isTrue();
  }

  @Test
  void anUpstreamThatClosesAmidTheBodyEndsTheClientsConnection() throws Exception {
    bench.upstream(
        peer -> {
          peer.head();
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(client.rest()).endsWith("\r\n\r\nhalf");
    assertThat(logged().has(ResponseFlag.UPSTREAM_PROTOCOL_ERROR)).isTrue();
  }

  @Test
  void aSlowUpstreamIsGivenUp() throws Exception {
    bench.upstream(peer -> peer.rest());
    bench.serve(HttpBench.manager("[{match: {prefix: /}, route: {cluster: up, timeout: 0.1s}}]"));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 504 Gateway Timeout\r\n")
        .endsWith("\r\n\r\nupstream request timeout");
    assertThat(logged().has(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT)).isTrue();
    assertThat(bench.counter("cluster.up.upstream_rq_timeout")).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesCancelsItsRequest() throws Exception {
    var left = new java.util.concurrent.CountDownLatch(1);
    bench.upstream(
        peer -> {
          peer.head();
          left.countDown();
          peer.rest();
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    left.await();
    client.reset();

    StreamInfo info = logged();
    assertThat(info.has(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION)).isTrue();
    assertThat(info.responseCode).isZero();
    assertThat(bench.gauge("http.p.downstream_rq_active")).isZero();
    assertThat(bench.gauge("cluster.up.upstream_rq_active")).isZero();
  }

  @Test
  void requestsSentAheadAreAnsweredInOrder() throws Exception {
    bench.upstream(
        peer -> {
          for (String head = peer.head(); !head.isEmpty(); head = peer.head()) {
            String path = head.split(" ")[1];
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + path);
          }
        });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    StringBuilder ahead = new StringBuilder();
    for (int i = 0; i < 9; i++) {
      ahead.append("GET /").append(i).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    client.send(ahead.toString());

    for (int i = 0; i < 9; i++) {
      assertThat(client.message()).endsWith("\r\n\r\n/" + i);
    }
  }

  @Test
  void bytesBehindAnAnswerAreNotTheNextOne() throws Exception {
    ScriptedUpstream upstream =
        bench.upstream(
            peer -> {
              peer.head();
              peer.send(
                  "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine"
                      + "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nforge");
              peer.rest();
            });
    bench.serve(HttpBench.manager(TO_UP));

    ScriptedUpstream.Peer client = bench.client();
    client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(client.message()).endsWith("mine");
    assertThat(client.message()).endsWith("mine");
    assertThat(upstream.connections()).isEqualTo(2);
  }

  @Test
  void afterADrainAnswersAskTheClientToClose() throws Exception {
    bench.serve(HttpBench.manager("[{match: {prefix: /}, direct_response: {status: 200}}]"));
    ScriptedUpstream.Peer client = bench.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(client.message()).doesNotContain("connection: close");

    bench.filter().drain();

    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(client.rest()).contains("connection: close\r\n");
    assertThat(bench.counter("http.p.downstream_cx_drain_close")).isEqualTo(1);
  }

  @Test
  void whoClosedAConnectionIsCounted() throws Exception {
    bench.serve(HttpBench.manager("[{match: {prefix: /}, direct_response: {status: 200}}]"));
    ScriptedUpstream.Peer told = bench.client();
    told.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assertThat(told.rest()).startsWith("HTTP/1.1 200 OK");
    await().until(() -> bench.counter("http.p.downstream_cx_destroy_local") == 1);

    ScriptedUpstream.Peer leaving = bench.client();
    leaving.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    leaving.message();
    leaving.socket().close();
    await().until(() -> bench.counter("http.p.downstream_cx_destroy_remote") == 1);
    assertThat(bench.counter("http.p.downstream_cx_destroy_local")).isEqualTo(1);
  }

  @Test
  void anIdleConnectionIsClosed() throws Exception {
    bench.serve(HttpBench.manager("[]", "common_http_protocol_options: {idle_timeout: 0.1s}"));

    assertThat(bench.client().rest()).isEmpty();
    assertThat(bench.counter("http.p.downstream_cx_idle_timeout")).isEqualTo(1);
  }

  @Test
  void aRequestOnWhichNothingMovesIsGivenUp() throws Exception {
    bench.upstream(peer -> peer.rest());
    bench.serve(HttpBench.manager(TO_UP, "stream_idle_timeout: 0.1s"));

    ScriptedUpstream.Peer client = bench.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na");

    assertThat(client.rest()).startsWith("HTTP/1.1 408 ").endsWith("stream timeout");
    assertThat(logged().has(ResponseFlag.STREAM_IDLE_TIMEOUT)).isTrue();
  }

  @Test
  void aFailedRequestIsTriedAgainWithItsBody() throws Exception {
    var tries = new java.util.concurrent.atomic.AtomicInteger();
    bench.upstream(
        peer -> {
          for (String head = peer.message(); !head.isEmpty(); head = peer.message()) {
            assertThat(head).endsWith("\r\n\r\nabc");
            boolean first = tries.incrementAndGet() == 1;
            peer.send(
                "HTTP/1.1 " + (first ? "503 No" : "200 OK") + "\r\ncontent-length: 2\r\n\r\nok");
          }
        });
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /}, route: {cluster: up, retry_policy: {retry_on: 5xx}}}]"));

    assertThat(bench.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
        .startsWith("HTTP/1.1 200 OK");
    assertThat(logged().requestAttempts).isEqualTo(2);
    assertThat(bench.counter("cluster.up.upstream_rq_retry")).isEqualTo(1);
    assertThat(bench.counter("cluster.up.upstream_rq_retry_success")).isEqualTo(1);
    assertThat(bench.counter("cluster.up.retry.upstream_rq_503")).isEqualTo(1);
    assertThat(bench.counter("cluster.up.upstream_rq_503")).isZero();
  }

  @Test
  void triesAreLimited() throws Exception {
    ScriptedUpstream upstream = bench.upstream(ScriptedUpstream.Peer::head);
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /}, route: {cluster: up,"
                + " retry_policy: {retry_on: reset, num_retries: 2}}}]"));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 503 ")
        .endsWith("retried and the latest reset reason: connection termination");
    assertThat(upstream.connections()).isEqualTo(3);
    StreamInfo info = logged();
    assertThat(info.has(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED)).isTrue();
    assertThat(info.has(ResponseFlag.UPSTREAM_CONNECTION_TERMINATION)).isTrue();
  }

  @Test
  void headersAreMadeOfFormats() throws Exception {
    bench.upstream(
        peer -> {
          String head = peer.head();
          String added = head.lines().filter(l -> l.startsWith("x-a")).toList().toString();
          peer.send("HTTP/1.1 200 OK\r\nx-seen: " + added + "\r\ncontent-length: 0\r\n\r\n");
          peer.head();
        });
    bench.serve(
        HttpBench.manager(
            """
            [{match: {prefix: /}, route: {cluster: up}, request_headers_to_add: [\
            {header: {key: x-a1, value: "%PROTOCOL% 100%%"}}, \
            {header: {key: x-a2, value: "%REQ(missing)%"}}], \
            response_headers_to_add: [{header: {key: x-b, value: "%REQ(x-c)%"}}]}]"""
                .replace("\\\n", "")));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\nX-C: see\r\n\r\n"))
        .contains("x-seen: [x-a1: HTTP/1.1 100%]\r\n", "x-b: see\r\n");
  }

  @Test
  void aSlowTryIsGivenUpForAnother() throws Exception {
    var tries = new java.util.concurrent.atomic.AtomicInteger();
    bench.upstream(
        peer -> {
          peer.head();
          if (tries.incrementAndGet() == 1) {
            peer.rest();
          } else {
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            peer.head();
          }
        });
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /}, route: {cluster: up,"
                + " retry_policy: {retry_on: 5xx, per_try_timeout: 1s}}}]"));

    assertThat(bench.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).endsWith("ok");
    assertThat(bench.counter("cluster.up.upstream_rq_per_try_timeout")).isEqualTo(1);
    assertThat(logged().requestAttempts).isEqualTo(2);
  }

  @Test
  void aConnectionServesSoManyRequestsAndNoMore() throws Exception {
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /}, direct_response: {status: 200}}]",
            "common_http_protocol_options: {max_requests_per_connection: 2}"));

    ScriptedUpstream.Peer client = bench.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(client.message()).doesNotContain("connection: close");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(client.rest()).contains("connection: close\r\n");
  }

  @Test
  void pathsAreRewrittenByExpression() throws Exception {
    bench.upstream(
        peer -> {
          String line = peer.head().lines().findFirst().orElse("");
          peer.send("HTTP/1.1 200 OK\r\nx-seen: " + line + "\r\ncontent-length: 0\r\n\r\n");
          peer.head();
        });
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /}, route: {cluster: up, regex_rewrite: {pattern: {regex:"
                + " '^/a/([^/]+)/'}, substitution: '/$b/\\1-'}}}]"));

    assertThat(bench.ask("GET /a/x/y?/a/z/ HTTP/1.1\r\nHost: a\r\n\r\n"))
        .contains("x-seen: GET /$b/x-y?/a/z/ HTTP/1.1\r\n");
  }

  @Test
  void aRouteCannotBePassedByWithDots() throws Exception {
    bench.serve(
        HttpBench.manager(
            "[{match: {prefix: /secret}, direct_response: {status: 403}},"
                + " {match: {prefix: /}, direct_response: {status: 200}}]",
            "normalize_path: true\nmerge_slashes: true"));

    for (String path : new String[] {"/a/../secret", "//secret", "/a/%2e%2E/secret"}) {
      assertThat(bench.ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"))
          .as(path)
          .startsWith("HTTP/1.1 403 ");
    }
    assertThat(bench.ask("GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }
}
