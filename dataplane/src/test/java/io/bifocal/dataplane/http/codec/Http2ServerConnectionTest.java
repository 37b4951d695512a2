package io.bifocal.dataplane.http.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server's connection of HTTP/2, frame by frame. */
class Http2ServerConnectionTest {
  private static final String[] GET = {
    ":method", "GET", ":scheme", "http", ":path", "/p?q", ":authority", "a.example"
  };

  private final VirtualTime time = new VirtualTime();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final FramePeer client = FramePeer.ofServer(channel);
  private final StatsStore stats = new StatsStore(1);
  private final List<Served> served = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private @Nullable Http2ServerConnection connection;

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private static Http2Options common(boolean streamErrors, Http2Options.KeepAlive keepAlive) {
    return new Http2Options(2, 65_535, 65_535, 4096, 1000, 1, streamErrors, keepAlive);
  }

  private void serve() {
    serve(common(false, Http2Options.KeepAlive.NONE), false);
  }

  private void serve(Http2Options common, boolean allowConnect) {
    connection =
        Http2ServerConnection.on(
            channel,
            time,
            new Http2ServerOptions(
                common, new Http1Limits(200, 5), 3, 1, 1, allowConnect, Map.of()),
            new Http2ServerStats(stats.root().scope("http2"), 1),
            new Events());
    client.preface().settings(new Http2Settings());
    heard();
  }

  private List<String> heard() {
    time.advance(Duration.ZERO);
    return client.heard();
  }

  private long counter(String name) {
    return stats.root().scope("http2").counter(name).value();
  }

  private Served only() {
    assertThat(served).hasSize(1);
    return served.get(0);
  }

  private final class Events implements ServerEvents {
    @Override
    public void onCodec(ServerConnection codec) {
      events.add(codec.protocol().text());
    }

    @Override
    public RequestReceiver onRequest(ResponseSender response) {
      Served next = new Served(response);
      served.add(next);
      return next;
    }

    @Override
    public void onRefusedHead(String details) {
      throw new AssertionError("of HTTP/3");
    }

    @Override
    public ErrorAnswer onRequestError(RequestError error) {
      throw new AssertionError();
    }

    @Override
    public long delayedClose() {
      return 0;
    }

    @Override
    public void onDelayedCloseTimeout() {}

    @Override
    public void onReadComplete() {}

    @Override
    public void onConnectionError() {
      events.add("error");
    }

    @Override
    public void onBytesRead(int count) {}

    @Override
    public void onBytesWritten(int count) {}

    @Override
    public void onIdle() {
      events.add("idle");
    }

    @Override
    public void onClosed(boolean here) {
      events.add("closed " + (here ? "here" : "there"));
    }
  }

  /** One request, as it was told. */
  private static final class Served implements RequestReceiver {
    final ResponseSender response;
    final List<String> heard = new ArrayList<>();
    @Nullable RequestHead head;

    Served(ResponseSender response) {
      this.response = response;
    }

    @Override
    public void onHead(RequestHead request, boolean end) {
      head = request;
      heard.add(request.method + " " + request.path + " " + request.authority + end(end));
    }

    private static String end(boolean end) {
      return end ? " end" : "";
    }

    @Override
    public void onBody(ByteBuf data, boolean end) {
      heard.add(data.toString(US_ASCII) + end(end));
      data.release();
    }

    @Override
    public void onTrailers(HttpHeaders trailers) {
      heard.add("trailers " + trailers.entries());
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onReset(ResetReason reason) {
      heard.add(reason.name());
    }

    @Override
    public void onWritabilityChanged(boolean writable) {
      heard.add("writable " + writable);
    }

    RequestHead head() {
      return requireNonNull(head);
    }

    void answer(String... headers) {
      HttpHeaders all = new DefaultHttpHeaders();
      for (int i = 0; i < headers.length; i += 2) {
        all.add(headers[i], headers[i + 1]);
      }
      response.writeHead(200, all, true);
      response.flush();
    }

    void body(String text, boolean end) {
      response.writeBody(Unpooled.copiedBuffer(text, US_ASCII), end);
      response.flush();
    }
  }

  @Test
  void aRequestIsToldAndAnswered() {
    serve();
    client.headers(1, true, GET);
    assertThat(only().heard).containsExactly("GET /p?q a.example end");
    only().answer("X-A", "b");
    assertThat(heard()).containsExactly("HEADERS 1 end :status=200 x-a=b");
    assertThat(events).containsExactly("idle");
  }

  private void detect() {
    Http2Options common = common(false, Http2Options.KeepAlive.NONE);
    new ServerCodec(
            ServerCodec.Kind.AUTO,
            Http1Options.DEFAULT,
            new Http2ServerOptions(common, Http1Limits.DEFAULT, 3, 1, 1, false, Map.of()),
            new Http3ServerOptions(Http1Limits.DEFAULT, false, false))
        .serve(channel, time, new Http2ServerStats(stats.root().scope("http2"), 1), new Events());
  }

  @Test
  void aPrefaceIsKnownHoweverItIsCut() {
    detect();
    for (char c : "PRI * HTTP/".toCharArray()) {
      client.bytes(String.valueOf(c));
    }
    assertThat(events).isEmpty();
    client.bytes("2.0\r\n\r\nSM\r\n\r\n").settings(new Http2Settings());
    assertThat(events).containsExactly("HTTP/2");
    client.headers(1, true, GET);
    assertThat(only().heard).containsExactly("GET /p?q a.example end");
  }

  @Test
  void whatOnlyBeginsLikeOneIsHttp1() {
    detect();
    client.bytes("P");
    assertThat(events).isEmpty();
    client.bytes("OST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    assertThat(events).containsExactly("HTTP/1.1");
    assertThat(only().heard).containsExactly("POST / a end");
  }

  @Test
  void severalAreServedAtOnceAndNoMoreThanIsAllowed() {
    serve();
    client.headers(1, true, GET).headers(3, true, GET).headers(5, true, GET);
    assertThat(served).hasSize(2);
    assertThat(heard()).containsExactly("RST_STREAM 5 REFUSED_STREAM");
    served.get(1).answer();
    served.get(0).answer();
    assertThat(heard()).containsExactly("HEADERS 3 end :status=200", "HEADERS 1 end :status=200");
  }

  @Test
  void trailersPassBothWays() {
    serve();
    client.headers(1, false, GET).data(1, "x", false).headers(1, true, "t", "v");
    assertThat(only().heard).endsWith("x", "trailers [t=v]");
    only().response.writeHead(200, new DefaultHttpHeaders(), false);
    only().body("y", false);
    only().response.writeTrailers(new DefaultHttpHeaders().add("u", "w"));
    assertThat(heard()).containsExactly("HEADERS 1 :status=200", "DATA 1 y", "HEADERS 1 end u=w");
  }

  @Test
  void cookiesBecomeOneLine() {
    serve();
    String[] two = {
      ":method",
      "GET",
      ":scheme",
      "http",
      ":path",
      "/",
      ":authority",
      "a",
      "cookie",
      "a=b",
      "cookie",
      "c=d"
    };
    client.headers(1, true, two);
    assertThat(only().head().headers.getAll("cookie")).containsExactly("a=b; c=d");
  }

  @Test
  void aBodyThatIsNotReadOnUsesTheWindowUp() {
    serve();
    client.headers(1, false, GET);
    only().response.readRequest(false);
    String half = "x".repeat(16_000);
    for (int i = 0; i < 4; i++) {
      client.data(1, half, false);
    }
    assertThat(heard()).isEmpty();
    only().response.readRequest(true);
    assertThat(heard())
        .anyMatch(line -> line.startsWith("WINDOW_UPDATE 1 "))
        .anyMatch(line -> line.startsWith("WINDOW_UPDATE 0 "));
  }

  @Test
  void anAnswerBeforeTheRequestsEndTellsTheClientToStop() {
    serve();
    client.headers(1, false, GET).data(1, "x", false);
    only().answer();
    assertThat(heard()).containsExactly("HEADERS 1 end :status=200", "RST_STREAM 1 NO_ERROR");
    // What crosses it is no fault of the client.
    client.data(1, "y", true);
    assertThat(heard()).noneMatch(line -> line.startsWith("GOAWAY"));
    assertThat(channel.isActive()).isTrue();
  }

  @Test
  void aRequestThatIsGivenUpIsToldOf() {
    serve();
    client.headers(1, false, GET).reset(1, Http2Error.CANCEL);
    assertThat(only().heard).endsWith("REMOTE_RESET");
    assertThat(counter("rx_reset")).isEqualTo(1);
    only().answer();
    assertThat(heard()).isEmpty();
  }

  @Test
  void anAnswerThatIsGivenUpIsReset() {
    serve();
    client.headers(1, true, GET);
    only().response.writeHead(200, new DefaultHttpHeaders(), false);
    only().response.reset();
    assertThat(heard()).containsExactly("HEADERS 1 :status=200", "RST_STREAM 1 INTERNAL_ERROR");
    assertThat(counter("tx_reset")).isEqualTo(1);
  }

  @Test
  void anInvalidRequestEndsTheConnection() {
    serve();
    client.headers(1, true, GET);
    client.headers(3, true, ":method", "GET", ":path", "/");
    assertThat(only().heard).endsWith("PROTOCOL_ERROR");
    assertThat(heard()).containsExactly("GOAWAY 3 PROTOCOL_ERROR");
    assertThat(counter("rx_messaging_error")).isEqualTo(1);
    assertThat(events).contains("error");
  }

  @Test
  void orItsStreamAloneIfThatIsConfigured() {
    serve(common(true, Http2Options.KeepAlive.NONE), false);
    client.headers(1, true, GET);
    client.headers(3, false, ":method", "GET", ":path", "/").data(3, "late", true);
    assertThat(heard()).containsExactly("RST_STREAM 3 PROTOCOL_ERROR");
    only().answer();
    assertThat(heard()).containsExactly("HEADERS 1 end :status=200");
  }

  @Test
  void whatComesOnAStreamThatHasEndedEndsTheConnection() {
    serve();
    client.headers(1, true, GET);
    only().answer();
    heard();
    client.data(1, "more", true);
    assertThat(heard()).containsExactly("GOAWAY 1 STREAM_CLOSED");
  }

  @Test
  void aHeadThatIsTooLargeIsReset() {
    serve();
    String[] large = {
      ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "x", "y".repeat(200)
    };
    client.headers(1, true, large);
    assertThat(served).isEmpty();
    assertThat(heard()).containsExactly("RST_STREAM 1 INTERNAL_ERROR");
    assertThat(counter("header_overflow")).isEqualTo(1);
  }

  @Test
  void aConnectionThatIsToEndSaysSoTwice() {
    serve();
    client.headers(1, true, GET);
    requireNonNull(connection).shutdownNotice();
    assertThat(heard()).containsExactly("GOAWAY 2147483647 NO_ERROR");
    client.headers(3, true, GET);
    assertThat(served).hasSize(2);
    requireNonNull(connection).goAway();
    assertThat(heard()).containsExactly("GOAWAY 3 NO_ERROR");
    served.get(0).answer();
    client.headers(5, true, GET);
    assertThat(served).hasSize(2);
    served.get(1).answer();
    assertThat(heard())
        .containsExactly(
            "HEADERS 1 end :status=200",
            "RST_STREAM 5 REFUSED_STREAM",
            "HEADERS 3 end :status=200");
    assertThat(channel.isActive()).isFalse();
    assertThat(events).endsWith("closed here");
    assertThat(counter("goaway_sent")).isEqualTo(2);
  }

  @Test
  void prioritiesWithoutEndEndTheConnection() {
    serve();
    client.headers(1, true, GET);
    client.priority(1).priority(1);
    assertThat(heard()).isEmpty();
    client.priority(1);
    assertThat(heard()).containsExactly("GOAWAY 1 PROTOCOL_ERROR");
    assertThat(counter("inbound_priority_frames_flood")).isEqualTo(1);
  }

  @Test
  void aClientThatTakesNothingYetHasRoomForTheHeadAndForNoMore() {
    serve();
    client.settings(new Http2Settings().initialWindowSize(0));
    client.headers(1, true, GET);
    Served request = only();
    assertThat(request.response.isWritable()).isTrue();
    request.response.writeHead(200, new DefaultHttpHeaders(), false);
    request.response.flush();
    assertThat(heard()).contains("HEADERS 1 :status=200");
    request.body("abc", false);
    assertThat(request.response.isWritable()).isFalse();
    client.window(1, 10);
    assertThat(heard()).contains("DATA 1 abc");
    assertThat(request.response.isWritable()).isTrue();
    assertThat(request.heard).contains("writable true");
  }

  @Test
  void windowUpdatesWithoutEndEndTheConnection() {
    serve();
    client.headers(1, true, GET);
    for (int i = 0; i < 7; i++) {
      client.window(1, 1);
    }
    assertThat(heard()).isEmpty();
    client.window(1, 1);
    assertThat(heard()).containsExactly("GOAWAY 1 PROTOCOL_ERROR");
    assertThat(counter("inbound_window_update_frames_flood")).isEqualTo(1);
  }

  private void inform(int times) {
    for (int i = 0; i < times; i++) {
      only().response.writeInformational(103, new DefaultHttpHeaders());
    }
  }

  @Test
  void aClientThatLeavesHeadsUnreadIsAFlood() {
    serve();
    client.headers(1, true, GET);
    inform(3);
    only().response.flush();
    assertThat(heard()).as("as many as may wait").hasSize(3);
    inform(3);
    assertThat(only().heard).doesNotContain("PROTOCOL_ERROR");
    inform(1);
    assertThat(only().heard).endsWith("PROTOCOL_ERROR");
    assertThat(channel.isActive()).isFalse();
    assertThat(counter("outbound_flood")).isEqualTo(1);
  }

  @Test
  void aClientThatReadsByTheByteIsNoFlood() {
    serve();
    client.settings(new Http2Settings().initialWindowSize(1));
    client.headers(1, true, GET);
    only().response.writeHead(200, new DefaultHttpHeaders(), false);
    only().body("an answer that is longer", true);
    heard();
    for (int i = 0; i < "an answer that is longer".length() - 1; i++) {
      client.window(1, 1);
      assertThat(heard()).as("what byte %d brings", i).hasSize(1).allMatch(f -> f.contains("DATA"));
    }
  }

  @Test
  void aClientThatFallsSilentIsFoundOut() {
    serve(
        common(
            false,
            new Http2Options.KeepAlive(
                Duration.ofSeconds(10), Duration.ofSeconds(2), 0, Duration.ZERO)),
        false);
    time.advance(Duration.ofSeconds(10));
    assertThat(heard()).containsExactly("PING");
    time.advance(Duration.ofSeconds(2));
    assertThat(channel.isActive()).isFalse();
    assertThat(counter("keepalive_timeout")).isEqualTo(1);
  }

  @Test
  void aRequestForAnotherProtocolLooksAsOnHttp1() {
    serve(common(false, Http2Options.KeepAlive.NONE), true);
    String[] connect = {
      ":method",
      "CONNECT",
      ":protocol",
      "websocket",
      ":scheme",
      "http",
      ":path",
      "/chat",
      ":authority",
      "a"
    };
    client.headers(1, false, connect);
    RequestHead head = only().head();
    assertThat(head.method).isEqualTo("GET");
    assertThat(head.upgrade).isEqualTo("websocket");
    assertThat(head.headers.get("upgrade")).isEqualTo("websocket");
    assertThat(head.headers.get("connection")).isEqualTo("upgrade");
    only()
        .response
        .writeHead(
            101,
            new DefaultHttpHeaders().add("upgrade", "websocket").add("connection", "upgrade"),
            false);
    only().body("hello", false);
    assertThat(heard()).containsExactly("HEADERS 1 :status=200", "DATA 1 hello");
  }

  @Test
  void whereThatIsNotAllowedItIsNoRequest() {
    serve();
    String[] connect = {
      ":method",
      "CONNECT",
      ":protocol",
      "websocket",
      ":scheme",
      "http",
      ":path",
      "/chat",
      ":authority",
      "a"
    };
    client.headers(1, false, connect);
    assertThat(served).isEmpty();
    assertThat(heard()).containsExactly("GOAWAY 1 PROTOCOL_ERROR");
  }

  @Test
  void aTunnelHasNoPath() {
    serve();
    client.headers(1, false, ":method", "CONNECT", ":authority", "a:80");
    assertThat(only().head().isConnect()).isTrue();
    assertThat(only().head().path).isEmpty();
    assertThat(only().head().authority).isEqualTo("a:80");
  }

  @Test
  void aConnectionThatBreaksIsToldToAll() {
    serve();
    client.headers(1, true, GET).headers(3, true, GET);
    var unused = channel.close();
    assertThat(served).allMatch(one -> one.heard.contains("CONNECTION_TERMINATION"));
    assertThat(events).endsWith("closed there");
  }
}
