package io.bifocal.dataplane;

import static io.bifocal.dataplane.ScriptedHttp3Peer.data;
import static io.bifocal.dataplane.ScriptedHttp3Peer.headers;
import static io.bifocal.dataplane.ScriptedHttp3Peer.unfinished;
import static io.bifocal.dataplane.ScriptedHttp3Peer.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http3.Http3ErrorCode;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client of HTTP/1.1 gets where an upstream of HTTP/3 answers what it must not. */
class Http3AnswersTest {
  private static final int PATIENCE = 10_000;

  @RegisterExtension final Kept kept = new Kept();

  // ---- its length

  @Test
  void anAnswerShorterThanItSaysEndsTheClientsConnection() throws Exception {
    Proxy proxy = before(whole(ok("content-length", "10"), data("short")));
    assertThat(exchange(proxy, "GET")).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nshort");
    assertThat(WholeProxy.stat(proxy, "cluster.h3.upstream_rq_tx_reset")).isEqualTo(1);
  }

  @Test
  void soDoesOneThatIsShortBeforeItsTrailers() throws Exception {
    Proxy proxy =
        before(whole(ok("content-length", "10"), data("short"), headers("x-trailer", "1")));
    assertThat(exchange(proxy, "GET")).endsWith("\r\n\r\nshort");
    assertThat(WholeProxy.stat(proxy, "cluster.h3.upstream_rq_tx_reset")).isEqualTo(1);
  }

  @Test
  void anAnswerToHeadSaysWhatThereWouldBe() throws Exception {
    Proxy proxy = before(whole(ok("content-length", "10")));
    assertThat(exchange(proxy, "HEAD"))
        .startsWith("HTTP/1.1 200 ")
        .contains("content-length: 10\r\n");
    assertServed(proxy);
  }

  @Test
  void soDoesOneOfWhatHasNotChanged() throws Exception {
    Proxy proxy = before(whole(headers(":status", "304", "content-length", "10")));
    assertThat(exchange(proxy, "GET")).startsWith("HTTP/1.1 304 ");
    assertServed(proxy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"5, 6", "-5", "+5", "five", "99999999999999999999"})
  void aLengthThatIsNoneIsNoAnswer(String length) throws Exception {
    assertRefused(whole(ok("content-length", length), data("short")));
  }

  // ---- its fields

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connection",
        "transfer-encoding",
        "upgrade",
        "keep-alive",
        "proxy-connection",
        "X-Upper",
        "x y",
        "x\r\ny",
        ""
      })
  void aFieldOfAConnectionsOrWithNoNameIsNoAnswer(String name) throws Exception {
    assertRefused(whole(ok(name, "chunked"), data("0\r\n\r\n")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r\nset-cookie: b", "a\rb", "a\nb", "a\0b"})
  void aValueOfTwoLinesIsNoAnswer(String value) throws Exception {
    assertRefused(whole(ok("x", value), data("content")));
  }

  @Test
  void norAreSuchFieldsBeforeAnAnswer() throws Exception {
    assertRefused(
        whole(headers(":status", "103", "link", "a\r\n\r\nHTTP/1.1 200 OK"), ok("x", "y")));
  }

  @Test
  void suchTrailersEndTheClientsConnection() throws Exception {
    Proxy proxy = before(whole(ok("x", "y"), data("content"), headers("x-a", "b\r\nx-c: d")));
    assertThat(exchange(proxy, "GET")).contains("content").doesNotContain("x-a", "x-c");
  }

  // ---- its size

  @Test
  void aHeadThatIsTooLargeIsNoAnswer() throws Exception {
    assertRefused(whole(ok("x", "y".repeat(100_000)), data("content")));
  }

  @Test
  void norIsOneOfTooManyFields() throws Exception {
    String[] fields = new String[404];
    Arrays.fill(fields, "x");
    fields[0] = ":status";
    fields[1] = "200";
    assertRefused(whole(headers(fields), data("content")));
  }

  // ---- its time

  @ParameterizedTest
  @ValueSource(strings = {"timeout: 0.3s", "retry_policy: {per_try_timeout: 0.3s}"})
  void whoSendsHalfAHeadIsWaitedForAsLongAsTheRouteSays(String time) throws Exception {
    ByteBuf head = ok("x", "y");
    assertTimesOut(unfinished(head.readSlice(head.readableBytes() - 3)), time, "");
  }

  @Test
  void soIsWhoSendsNoHead() throws Exception {
    assertTimesOut(stream -> {}, "timeout: 0.3s", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"timeout: 0.3s", "retry_policy: {per_try_timeout: 0.3s}"})
  void soIsWhoTakesNothingOfARequest(String time) throws Exception {
    assertTimesOut(
        stream -> {
          var unused = stream.config().setAutoRead(false);
        },
        time,
        "x".repeat(20_000));
  }

  /** Of a request that has not come to its end a route's time has not begun. */
  @Test
  void whoTakesNothingOfAnEndlessRequestHasTheIdleTimeout() throws Exception {
    assertTimesOut(
        stream -> {
          var unused = stream.config().setAutoRead(false);
        },
        "idle_timeout: 0.5s",
        "x".repeat(20_000_000));
  }

  private void assertTimesOut(ScriptedHttp3Peer.Answer answer, String time, String body)
      throws Exception {
    Proxy proxy =
        WholeProxy.run(
            UpstreamHttp3Test.yaml(peer(answer), UpstreamHttp3Test.CA)
                .replace("route: {cluster: h3}", "route: {cluster: h3, " + time + "}"));
    kept.keep(proxy);
    HttpRequest request =
        HttpRequest.newBuilder(WholeProxy.uri(proxy, "/"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    for (int i = 0; i < 2; i++) {
      assertThat(WholeProxy.send(request).statusCode()).isIn(504, 408);
    }
    awaitNoStream(proxy);
    assertThat(WholeProxy.stat(proxy, "cluster.h3.upstream_cx_total")).isEqualTo(1);
  }

  // ---- its form

  @Test
  void aHeadWithoutStatusIsNoAnswer() throws Exception {
    assertRefused(unfinished(headers("x", "y"), data("content")));
  }

  @Test
  void aHeadOfARequestIsNoAnswer() throws Exception {
    assertRefused(unfinished(headers(":method", "GET", ":path", "/", ":scheme", "https")));
  }

  // ---- streams

  @Test
  void aStreamWhoseRequestIsNotWantedIsFreed() throws Exception {
    Proxy proxy =
        before(
            stream -> {
              var unused = stream.shutdownInput(Http3ErrorCode.H3_NO_ERROR.code());
              whole(ok("content-length", "5"), data("early")).to(stream);
            });
    HttpRequest request =
        HttpRequest.newBuilder(WholeProxy.uri(proxy, "/"))
            .POST(HttpRequest.BodyPublishers.ofString("x".repeat(20_000)))
            .build();
    for (int i = 0; i < 3; i++) {
      assertThat(WholeProxy.send(request).body()).isEqualTo("early");
    }
    awaitNoStream(proxy);
  }

  @Test
  void aConnectionWithManyStreamsThatWereResetIsLeft() throws Exception {
    Proxy proxy =
        before(
            stream -> {
              var unused = stream.shutdown(Http3ErrorCode.H3_REQUEST_CANCELLED.code());
            });
    HttpClient client = WholeProxy.client();
    HttpRequest request = HttpRequest.newBuilder(WholeProxy.uri(proxy, "/")).build();
    for (int i = 0; i < 1000; i++) {
      assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
          .isEqualTo(503);
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> WholeProxy.stat(proxy, "cluster.h3.upstream_cx_active") == 0);
    assertThat(WholeProxy.stat(proxy, "cluster.h3.upstream_cx_total")).isEqualTo(1);
    assertThat(WholeProxy.stat(proxy, "cluster.h3.http3.cx_unended_streams_overflow")).isEqualTo(1);
  }

  // ----

  private static ByteBuf ok(String name, String value) {
    return headers(":status", "200", name, value);
  }

  private Proxy before(ScriptedHttp3Peer.Answer answer) throws Exception {
    Proxy proxy = UpstreamHttp3Test.before(peer(answer), UpstreamHttp3Test.CA);
    kept.keep(proxy);
    return proxy;
  }

  private Address.Ip peer(ScriptedHttp3Peer.Answer answer) throws Exception {
    ScriptedHttp3Peer peer =
        new ScriptedHttp3Peer(
            new InetSocketAddress(InetAddresses.forString("127.0.0.1"), 0),
            UpstreamHttp3Test.GOOD,
            answer);
    kept.keep(peer);
    return peer.address();
  }

  private void assertRefused(ScriptedHttp3Peer.Answer answer) throws Exception {
    Proxy proxy = before(answer);
    assertThat(exchange(proxy, "GET")).startsWith("HTTP/1.1 50").doesNotContain(" 200 ");
    awaitNoStream(proxy);
    assertThat(WholeProxy.stat(proxy, "cluster.h3.upstream_cx_destroy")).isZero();
  }

  /** A stream may end after its client has the answer. */
  private static void awaitNoStream(Proxy proxy) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> WholeProxy.stat(proxy, "cluster.h3.http3.streams_active") == 0);
  }

  private static void assertServed(Proxy proxy) throws Exception {
    assertThat(WholeProxy.stat(proxy, "cluster.h3.upstream_rq_tx_reset")).isZero();
    awaitNoStream(proxy);
  }

  /** All that the client reads, to the connection's end: that is asked for with the last one. */
  private static String exchange(Proxy proxy, String... methods) throws Exception {
    Address.Ip at = (Address.Ip) Address.of(proxy.listenerAddresses("http").get(0));
    try (Socket client = new Socket(at.ip(), at.port())) {
      client.setSoTimeout(PATIENCE);
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < methods.length; i++) {
        requests.append(methods[i]).append(" / HTTP/1.1\r\nhost: a\r\n");
        requests.append(i == methods.length - 1 ? "connection: close\r\n\r\n" : "\r\n");
      }
      client.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
