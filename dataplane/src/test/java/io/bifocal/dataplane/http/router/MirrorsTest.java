package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.Mirror;
import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies of requests, as their clusters get them. */
class MirrorsTest {
  private static final int LIMIT = 1000;
  private static final Mirror COPY = new Mirror("copies", null, null, true);

  private final VirtualTime time = new VirtualTime();
  private final EmbeddedClusters clusters = new EmbeddedClusters().with("copies").with("more");
  private final HttpHeaders headers = new DefaultHttpHeaders();
  private final RouterWorker here =
      new RouterWorker(
          time,
          clusters,
          RouterSettings.DEFAULT,
          new RouterStats(new StatsStore(1).root().counter("reset").at(0)),
          0,
          RuntimeReader.NONE);

  @AfterEach
  void close() {
    clusters.close();
  }

  private Mirrors of(String method, String authority, long timeoutMillis) {
    RequestHead head = new RequestHead(method, "/path", authority, true, headers);
    MirroredRequest original = new MirroredRequest(head, null, LIMIT, time);
    original.info().downstreamLocal = new Address.Ip(InetAddresses.forString("10.9.9.9"), 80);
    return new Mirrors(here, original, timeoutMillis);
  }

  private Mirrors post(long timeoutMillis) {
    headers.set("content-length", "6");
    Mirrors mirrors = of("POST", "a.example", timeoutMillis);
    mirrors.start(List.of(COPY), false);
    return mirrors;
  }

  private EmbeddedChannel connection() {
    return clusters.connections("copies").get(0);
  }

  private void answer(String text) {
    connection().writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource({
    "a.example, a.example-shadow",
    "a.example:80, a.example-shadow:80",
    "10.0.0.1:80, 10.0.0.1-shadow:80",
    "[2001:db8::1], [2001:db8::1]-shadow",
    "[2001:db8::1]:80, [2001:db8::1]-shadow:80"
  })
  void aCopySaysThatItIsOne(String authority, String copied) {
    of("GET", authority, 0).start(List.of(COPY), true);
    assertThat(clusters.heard("copies"))
        .startsWith("GET /path HTTP/1.1\r\nhost: " + copied + "\r\n")
        .contains("x-envoy-internal: true\r\n")
        .contains("x-forwarded-for: 10.9.9.9\r\n");
    assertThat(headers.isEmpty()).as("the request's own").isTrue();
  }

  @Test
  void theNameMayStayAsItIsAndWhoSentTheRequestIsKept() {
    headers.set("x-forwarded-for", "192.0.2.1");
    of("GET", "a.example:80", 0).start(List.of(new Mirror("copies", null, null, false)), true);
    assertThat(clusters.heard("copies"))
        .contains("host: a.example:80\r\n")
        .contains("x-forwarded-for: 192.0.2.1,10.9.9.9\r\n");
  }

  @Test
  void eachPolicyHasACopyOfItsOwn() {
    headers.set("x-to", "more");
    Mirror named = new Mirror("", AsciiString.cached("x-to"), null, true);
    of("GET", "a.example", 0).start(List.of(COPY, named, COPY), true);
    assertThat(clusters.connections("copies")).hasSize(2);
    assertThat(clusters.connections("more")).hasSize(1);
  }

  @Test
  void whoIsNotThereGetsNone() {
    Mirror unnamed = new Mirror("", AsciiString.cached("x-to"), null, true);
    Mirrors mirrors = of("POST", "a.example", 1000);
    mirrors.start(List.of(new Mirror("nowhere", null, null, true), unnamed), false);
    ByteBuf body = bytes("abc");
    mirrors.onBody(body, true);
    assertThat(body.refCnt()).isEqualTo(1);
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void theRuntimeSaysHowManyAreCopied() {
    ScriptedRuntime runtime = new ScriptedRuntime();
    Mirror some =
        new Mirror(
            "copies", null, new RuntimeFraction("copied", new Fraction(0, 100), runtime), true);
    of("GET", "a.example", 0).start(List.of(some), true);
    assertThat(clusters.connections("copies")).isEmpty();
    runtime.set("copied", "100");
    of("GET", "a.example", 0).start(List.of(some), true);
    assertThat(clusters.connections("copies")).hasSize(1);
  }

  @Test
  void aBodyIsCopiedAndStaysTheRequests() {
    Mirrors mirrors = post(0);
    ByteBuf first = bytes("abc");
    ByteBuf last = bytes("def");
    mirrors.onBody(first, false);
    mirrors.onBody(last, true);
    mirrors.onReadComplete();
    assertThat(clusters.heard("copies")).endsWith("\r\n\r\nabcdef");
    assertThat(first.refCnt()).isEqualTo(1);
    assertThat(last.refCnt()).isEqualTo(1);
    assertThat(last.toString(StandardCharsets.US_ASCII)).isEqualTo("def");
  }

  @Test
  void trailersAreCopied() {
    headers.set("transfer-encoding", "chunked");
    Mirrors mirrors = of("POST", "a.example", 0);
    mirrors.start(List.of(COPY), false);
    mirrors.onBody(bytes("abc"), false);
    HttpHeaders trailers = new DefaultHttpHeaders().set("x-sum", "1");
    mirrors.onTrailers(trailers);
    mirrors.onReadComplete();
    assertThat(clusters.heard("copies")).contains("\r\n3\r\nabc\r\n0\r\n");
    assertThat(trailers.get("x-sum")).isEqualTo("1");
  }

  @Test
  void nobodyWaitsForTheAnswer() {
    of("GET", "a.example", 0).start(List.of(COPY), true);
    answer("HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno");
    assertThat(clusters.counted("copies", "upstream_rq_500")).isEqualTo(1);
    assertThat(clusters.counted("copies", "upstream_rq_total")).isEqualTo(1);
  }

  @Test
  void anAnswerHasTheRequestsTimeCountedFromItsEnd() {
    Mirrors mirrors = post(100);
    time.advance(Duration.ofSeconds(1));
    assertThat(connection().isOpen()).as("its body has not ended").isTrue();
    mirrors.onBody(bytes("abcdef"), true);
    time.advance(Duration.ofMillis(99));
    assertThat(connection().isOpen()).isTrue();
    time.advance(Duration.ofMillis(1));
    assertThat(connection().isOpen()).isFalse();
    assertThat(clusters.counted("copies", "upstream_rq_timeout")).isEqualTo(1);
    assertThat(time.pendingTimers()).isZero();
  }

  @Test
  void anAnswerInTimeEndsTheWait() {
    of("GET", "a.example", 100).start(List.of(COPY), true);
    assertThat(time.pendingTimers()).isEqualTo(1);
    answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assertThat(time.pendingTimers()).isZero();
    assertThat(clusters.counted("copies", "upstream_rq_timeout")).isZero();
  }

  @Test
  void aRequestThatWillNeverBeWholeTakesItsCopiesAlong() {
    Mirrors mirrors = post(0);
    mirrors.onBody(bytes("abc"), false);
    mirrors.cancel();
    assertThat(connection().isOpen()).isFalse();
    ByteBuf late = bytes("def");
    mirrors.onBody(late, true);
    assertThat(late.refCnt()).as("what comes after it").isEqualTo(1);
    mirrors.cancel();
  }

  @Test
  void whoCannotKeepUpWithTheRequestDoesWithoutIt() {
    Mirrors mirrors = post(0);
    connection().config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));
    mirrors.onBody(bytes("abc"), false);
    assertThat(connection().isOpen()).as("while the body is passed on").isTrue();
    time.advance(Duration.ZERO);
    assertThat(connection().isOpen()).isFalse();
    ByteBuf more = bytes("def");
    mirrors.onBody(more, true);
    assertThat(more.refCnt()).isEqualTo(1);
  }

  @Test
  void aCopyThatWasAnsweredEarlyTakesNoMoreOfTheBody() {
    Mirrors mirrors = post(0);
    answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    ByteBuf late = bytes("abcdef");
    mirrors.onBody(late, true);
    assertThat(late.refCnt()).isEqualTo(1);
    assertThat(time.pendingTimers()).isZero();
  }
}
