package io.bifocal.dataplane.http.codec;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Http2Options.KeepAlive;
import io.bifocal.dataplane.pool.Session;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A client's HTTP/2, frame by frame, in virtual time. */
class Http2ClientConnectionTest {
  private final VirtualTime time = new VirtualTime();
  private final StatsStore store = new StatsStore(1);
  private final UpstreamStats stats = new UpstreamStats(store.root(), 1);
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final FramePeer peer = new FramePeer(channel);
  private final Pool pool = new Pool();

  @AfterEach
  void nothingIsLeft() {
    var unused = channel.close();
    channel.runPendingTasks();
    assertThat(time.pendingTimers()).as("timers").isZero();
    assertThat(gauge("http2.streams_active")).isZero();
    assertThat(gauge("http2.pending_send_bytes")).isZero();
    channel.releaseOutbound();
  }

  private Session start() {
    return start(Http2Options.DEFAULT);
  }

  private Session start(Http2Options options) {
    return Http2ClientConnection.SESSIONS.start(
        channel, time, options, options.maxConcurrentStreams(), stats, pool);
  }

  /** One that is agreed upon, and has nothing more to say. */
  private Session established(Http2Options options) {
    Session session = start(options);
    peer.settings(new Http2Settings());
    peer.heard();
    return session;
  }

  private Asking ask(String method, String path, boolean end, String... headers) {
    HttpHeaders all = new DefaultHttpHeaders();
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    Asking asking = new Asking(channel);
    asking.sender.writeHead(new RequestHead(method, path, "a.example", true, all), end);
    asking.sender.flush();
    return asking;
  }

  private Asking get() {
    return ask("GET", "/", true);
  }

  private static ByteBuf bytes(int length) {
    return Unpooled.copiedBuffer("x".repeat(length), StandardCharsets.US_ASCII);
  }

  private long gauge(String name) {
    return store.gauges().stream()
        .filter(g -> g.name().full().equals(name))
        .mapToLong(g -> g.value())
        .sum();
  }

  private long counter(String name) {
    return store.counters().stream()
        .filter(c -> c.name().full().equals(name))
        .mapToLong(c -> c.value())
        .sum();
  }

  // ---- the beginning

  @Test
  void beginsAsEnvoyDoes() {
    start();
    assertThat(peer.heard())
        .containsExactly(
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "SETTINGS {HEADER_TABLE_SIZE=4096, ENABLE_PUSH=0, MAX_CONCURRENT_STREAMS=1024,"
                + " INITIAL_WINDOW_SIZE=16777216, MAX_HEADER_LIST_SIZE=61440}",
            "WINDOW_UPDATE 0 " + ((24 << 20) - 65535));
  }

  @Test
  void asksWithPseudoHeadersFirstAndNamesInLowerCase() {
    established(Http2Options.DEFAULT);
    ask(
        "POST",
        "/p?q",
        true,
        "X-Forwarded-Proto",
        "https",
        "X-Upper",
        "Value",
        "cookie",
        "a=1",
        "te",
        "trailers",
        "cookie",
        "b=2");
    assertThat(peer.heard())
        .containsExactly(
            "HEADERS 1 end :method=POST :path=/p?q :scheme=https :authority=a.example"
                + " x-forwarded-proto=https x-upper=Value te=trailers cookie=a=1; b=2");
  }

  @Test
  void severalAreOnTheirWayAtOnceAndAnswersComeInAnyOrder() {
    established(Http2Options.DEFAULT);
    Asking one = get();
    Asking two = get();
    peer.headers(3, true, ":status", "204").headers(1, false, ":status", "200", "a", "b");
    peer.data(1, "hello", false).data(1, "!", true);
    assertThat(two.heard).containsExactly("204 end");
    assertThat(one.heard).containsExactly("200 a=b", "read", "body hello", "read", "body ! end");
    assertThat(one.sender.isReusable()).isTrue();
    assertThat(gauge("http2.streams_active")).isZero();
  }

  @Test
  void informationIsSkippedAndTrailersEndAnAnswer() {
    established(Http2Options.DEFAULT);
    Asking asking = get();
    peer.headers(1, false, ":status", "103", "link", "x").headers(1, false, ":status", "200");
    peer.headers(1, true, "grpc-status", "0");
    assertThat(asking.heard).contains("200", "trailers grpc-status=0");
    assertThat(asking.sender.isReusable()).isTrue();
  }

  @Test
  void anAnswerToHeadHasALengthAndNoBody() {
    established(Http2Options.DEFAULT);
    Asking asking = ask("HEAD", "/", true);
    peer.headers(1, true, ":status", "200", "content-length", "10");
    assertThat(asking.heard).contains("200 content-length=10 end");
  }

  // ---- windows

  @Test
  void aBodyGoesAsFarAsTheWindowAndTheSenderIsToldWhenThereIsRoom() {
    start();
    peer.settings(new Http2Settings().initialWindowSize(10));
    peer.heard();
    Asking asking = ask("POST", "/", false);
    assertThat(asking.sender.isWritable()).isTrue();
    asking.sender.writeBody(bytes(15), false);
    asking.sender.flush();
    assertThat(asking.sender.isWritable()).as("five wait").isFalse();
    assertThat(peer.heard()).last().isEqualTo("DATA 1 xxxxxxxxxx");
    assertThat(gauge("http2.pending_send_bytes")).as("until all is sent").isEqualTo(15);
    peer.window(1, 100);
    assertThat(peer.heard()).containsExactly("DATA 1 xxxxx");
    assertThat(asking.heard).contains("writable true");
    asking.sender.writeBody(bytes(1), true);
    asking.sender.flush();
    assertThat(peer.heard()).containsExactly("DATA 1 end x");
  }

  @Test
  void aWindowOfNothingHoldsABodyBackFromTheStart() {
    start();
    peer.settings(new Http2Settings().initialWindowSize(0));
    peer.heard();
    Asking asking = ask("POST", "/", false);
    assertThat(asking.sender.isWritable()).isFalse();
    peer.window(1, 10);
    assertThat(asking.sender.isWritable()).isTrue();
    assertThat(asking.heard).contains("writable true");
  }

  @Test
  void whatNobodyReadsIsNotAcknowledged() {
    established(options(1024, 65535, 65535));
    Asking asking = get();
    peer.headers(1, false, ":status", "200");
    asking.sender.readResponse(false);
    peer.heard();
    peer.data(1, "x".repeat(16000), false).data(1, "x".repeat(16000), false);
    peer.data(1, "x".repeat(16000), false);
    assertThat(peer.heard()).isEmpty();
    asking.sender.readResponse(true);
    assertThat(peer.heard()).contains("WINDOW_UPDATE 1 48000", "WINDOW_UPDATE 0 48000");
  }

  @Test
  void whatWasNotReadOfAnEndedStreamIsGivenBackToTheConnection() {
    established(options(1024, 65535, 65535));
    Asking asking = get();
    peer.headers(1, false, ":status", "200");
    asking.sender.readResponse(false);
    for (int i = 0; i < 4; i++) {
      peer.data(1, "x".repeat(10000), false);
    }
    asking.sender.detach();
    assertThat(peer.heard()).contains("RST_STREAM 1 INTERNAL_ERROR", "WINDOW_UPDATE 0 40000");
  }

  // ---- how many

  @Test
  void thePeerSaysHowManyThereMayBe() {
    Session session = start();
    assertThat(session.room()).isEqualTo(1024);
    peer.settings(new Http2Settings().maxConcurrentStreams(2));
    assertThat(session.room()).isEqualTo(2);
    Asking asking = get();
    assertThat(session.room()).isEqualTo(1);
    int told = pool.room;
    peer.headers(1, true, ":status", "204");
    assertThat(session.room()).isEqualTo(2);
    assertThat(pool.room).isGreaterThan(told);
    assertThat(asking.heard).contains("204 end");
    peer.settings(new Http2Settings().maxConcurrentStreams(0));
    assertThat(session.room()).isZero();
    peer.settings(new Http2Settings().maxConcurrentStreams(5000));
    assertThat(session.room()).as("not more than is configured").isEqualTo(1024);
  }

  @Test
  void oneTooManyIsResetHere() {
    start();
    peer.settings(new Http2Settings().maxConcurrentStreams(0));
    Asking asking = get();
    time.run();
    assertThat(asking.heard).containsExactly("reset LOCAL_RESET");
  }

  // ---- how it can end

  @Test
  void aResetSaysWhy() {
    established(Http2Options.DEFAULT);
    Http2Error[] errors = {
      Http2Error.REFUSED_STREAM,
      Http2Error.INTERNAL_ERROR,
      Http2Error.NO_ERROR,
      Http2Error.CONNECT_ERROR,
      Http2Error.PROTOCOL_ERROR
    };
    List<String> heard = new ArrayList<>();
    for (int i = 0; i < errors.length; i++) {
      Asking asking = get();
      peer.reset(1 + 2 * i, errors[i]);
      heard.add(asking.heard.get(0));
    }
    assertThat(heard)
        .containsExactly(
            "reset REMOTE_REFUSED_STREAM_RESET",
            "reset REMOTE_RESET",
            "reset REMOTE_RESET",
            "reset REMOTE_CONNECT_ERROR",
            "reset PROTOCOL_ERROR");
    assertThat(counter("http2.rx_reset")).isEqualTo(5);
    assertThat(counter("upstream_rq_rx_reset")).isEqualTo(2);
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void whoGoesAwayRefusesWhatItHasNotBegunWith() {
    Session session = established(Http2Options.DEFAULT);
    Asking one = get();
    Asking two = get();
    peer.goAway(1, Http2Error.NO_ERROR);
    assertThat(pool.goingAway).isTrue();
    assertThat(session.room()).isZero();
    assertThat(two.heard).containsExactly("reset REMOTE_REFUSED_STREAM_RESET");
    peer.headers(1, true, ":status", "204");
    assertThat(one.heard).contains("204 end");
  }

  @Test
  void aClosedConnectionEndsAllThatIsOnIt() {
    established(Http2Options.DEFAULT);
    Asking one = get();
    Asking two = get();
    peer.headers(1, false, ":status", "200");
    var unused = channel.close();
    assertThat(one.heard).contains("reset CONNECTION_TERMINATION");
    assertThat(two.heard).contains("reset CONNECTION_TERMINATION");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aWriteThatFailsIsAClosedConnectionAndNoBreachOfTheProtocol() {
    established(Http2Options.DEFAULT);
    Asking one = get();
    channel
        .pipeline()
        .addFirst(
            new ChannelOutboundHandlerAdapter() {
              private final List<ChannelPromise> written = new ArrayList<>();

              @Override
              public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
                written.add(promise);
              }

              @Override
              public void flush(ChannelHandlerContext ctx) {
                written.forEach(p -> p.tryFailure(new IOException("Connection reset by peer")));
              }
            });
    Asking two = get();
    assertThat(one.heard).contains("reset CONNECTION_TERMINATION");
    assertThat(two.heard).contains("reset CONNECTION_TERMINATION");
    assertThat(pool.protocolErrors).isZero();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aCloseDoesNotWaitForAPeerThatDoesNotRead() {
    HeldBack stuck = new HeldBack();
    channel.pipeline().addFirst(stuck);
    established(Http2Options.DEFAULT);
    stuck.on = true;
    Asking asking = get();
    asking.sender.detach();
    var unused = channel.close();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void whatIsNotHttp2IsAProtocolError() {
    start();
    Asking asking = get();
    peer.bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    assertThat(asking.heard).containsExactly("reset PROTOCOL_ERROR");
    assertThat(pool.protocolErrors).isEqualTo(1);
    assertThat(channel.isOpen()).isFalse();
    assertThat(peer.heard()).anyMatch(frame -> frame.startsWith("GOAWAY "));
  }

  @Test
  void aMalformedAnswerEndsTheConnection() {
    for (String[] bad :
        new String[][] {
          {"a", "b"},
          {":status", "101"},
          {":status", "2000"},
          {":status", "200", "a b", "c"},
          {":status", "200", "connection", "close"},
          {":status", "200", "Upper", "c"},
          {":status", "200", "a", "b\r\nset-cookie: c"},
          {":status", "200", "a", "b\u0000"},
          {":status", "200", "a\r\nset-cookie", "c"},
          {":status", "200", "a:b", "c"}
        }) {
      Http2ClientConnectionTest fresh = new Http2ClientConnectionTest();
      fresh.established(Http2Options.DEFAULT);
      Asking asking = fresh.get();
      Asking other = fresh.get();
      fresh.peer.headers(1, true, bad);
      assertThat(asking.heard).as(String.join(" ", bad)).contains("reset PROTOCOL_ERROR");
      assertThat(other.heard).contains("reset PROTOCOL_ERROR");
      assertThat(fresh.channel.isOpen()).isFalse();
      assertThat(fresh.counter("http2.rx_messaging_error")).isEqualTo(1);
      fresh.nothingIsLeft();
    }
  }

  @Test
  void aMalformedAnswerEndsItsStreamAloneIfThatIsWanted() {
    established(new Http2Options(10, 65535, 65535, 4096, 1000, 1, true, KeepAlive.NONE));
    Asking asking = get();
    Asking other = get();
    peer.headers(1, true, "a", "b");
    assertThat(asking.heard).contains("reset PROTOCOL_ERROR");
    assertThat(peer.heard()).last().isEqualTo("RST_STREAM 1 PROTOCOL_ERROR");
    peer.headers(3, true, ":status", "200");
    assertThat(other.heard).contains("200 end");
  }

  @Test
  void aFaultOfOurOwnEndsTheConnectionAndIsLogged() {
    Logger logger = (Logger) LoggerFactory.getLogger(Faults.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      established(Http2Options.DEFAULT);
      Asking asking = get();
      asking.fault = new IllegalStateException("a fault");
      peer.headers(1, true, ":status", "200");
      assertThat(channel.isOpen()).isFalse();
      assertThat(log.list)
          .singleElement()
          .satisfies(e -> assertThat(e.getThrowableProxy().getMessage()).isEqualTo("a fault"));
      log.list.clear();
      Http2ClientConnectionTest fresh = new Http2ClientConnectionTest();
      fresh.established(Http2Options.DEFAULT);
      fresh.channel.pipeline().fireExceptionCaught(new IllegalStateException("another"));
      assertThat(fresh.channel.isOpen()).isFalse();
      assertThat(log.list).hasSize(1);
      log.list.clear();
      Http2ClientConnectionTest bad = new Http2ClientConnectionTest();
      bad.start();
      bad.peer.bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
      assertThat(log.list).as("a peer's doing").isEmpty();
      fresh.nothingIsLeft();
      bad.nothingIsLeft();
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void aBodyBeforeTheHeadEndsTheConnection() {
    established(Http2Options.DEFAULT);
    Asking asking = get();
    peer.data(1, "hello", true);
    assertThat(asking.heard).containsExactly("reset PROTOCOL_ERROR");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aBodyOfAnotherLengthThanItSaysEndsItsStream() {
    established(Http2Options.DEFAULT);
    Asking asking = get();
    peer.headers(1, false, ":status", "200", "content-length", "10").data(1, "hello", true);
    assertThat(asking.heard).contains("reset PROTOCOL_ERROR");
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void headersBeyondTheLimitEndTheirStream() {
    established(Http2Options.DEFAULT);
    Asking asking = get();
    String[] many = new String[2 * 102];
    many[0] = ":status";
    many[1] = "200";
    for (int i = 2; i < many.length; i += 2) {
      many[i] = "h" + i;
      many[i + 1] = "v";
    }
    peer.headers(1, true, many);
    assertThat(asking.heard).contains("reset REMOTE_RESET");
    assertThat(counter("http2.header_overflow")).isEqualTo(1);
  }

  @Test
  void whoIsGivenUpIsCancelledAndHearsNothingMore() {
    established(Http2Options.DEFAULT);
    Asking asking = get();
    peer.heard();
    asking.sender.detach();
    assertThat(peer.heard()).containsExactly("RST_STREAM 1 INTERNAL_ERROR");
    peer.headers(1, true, ":status", "200");
    assertThat(asking.heard).isEmpty();
    assertThat(counter("http2.tx_reset")).isEqualTo(1);
    assertThat(counter("upstream_rq_tx_reset")).isEqualTo(1);
  }

  @Test
  void anAnswerBeforeTheRequestsEndLeavesAnError() {
    established(Http2Options.DEFAULT);
    Asking asking = ask("POST", "/", false);
    peer.headers(1, true, ":status", "413");
    peer.heard();
    assertThat(asking.sender.isReusable()).isFalse();
    asking.sender.detach();
    assertThat(peer.heard()).containsExactly("RST_STREAM 1 INTERNAL_ERROR");
  }

  // ---- pings

  private static Http2Options pinging(Duration idle) {
    KeepAlive keepAlive = new KeepAlive(Duration.ofSeconds(10), Duration.ofSeconds(2), 0, idle);
    return new Http2Options(10, 65535, 65535, 4096, 1000, 1, false, keepAlive);
  }

  @Test
  void aSilentPeerIsFoundOut() {
    established(pinging(Duration.ZERO));
    Asking asking = get();
    peer.heard();
    time.advance(Duration.ofSeconds(10));
    assertThat(peer.heard()).containsExactly("PING");
    peer.pong();
    time.advance(Duration.ofSeconds(10));
    assertThat(peer.heard()).containsExactly("PING");
    time.advance(Duration.ofMillis(1500));
    peer.headers(1, false, ":status", "200");
    time.advance(Duration.ofMillis(1500));
    assertThat(channel.isOpen()).as("any frame will do").isTrue();
    time.advance(Duration.ofMillis(500));
    assertThat(channel.isOpen()).isFalse();
    assertThat(asking.heard).contains("reset CONNECTION_TERMINATION");
    assertThat(counter("http2.keepalive_timeout")).isEqualTo(1);
  }

  @Test
  void aConnectionThatRestedIsTriedBeforeItIsUsed() {
    established(pinging(Duration.ofSeconds(3)));
    time.advance(Duration.ofSeconds(2));
    get();
    assertThat(peer.heard()).noneMatch("PING"::equals);
    peer.headers(1, true, ":status", "204");
    time.advance(Duration.ofSeconds(3));
    get();
    assertThat(peer.heard()).contains("PING");
  }

  // ----

  private static Http2Options options(int streams, int streamWindow, int connectionWindow) {
    return new Http2Options(
        streams, streamWindow, connectionWindow, 4096, 1000, 1, false, KeepAlive.NONE);
  }

  private static final class Pool implements Session.Listener {
    private int room;
    private int protocolErrors;
    private boolean goingAway;

    @Override
    public void onRoom() {
      room++;
    }

    @Override
    public void onGoingAway() {
      goingAway = true;
    }

    @Override
    public void onProtocolError() {
      protocolErrors++;
    }
  }

  /** What is written stays unwritten, as with a peer that does not read. */
  private static final class HeldBack extends ChannelOutboundHandlerAdapter {
    private final List<ByteBuf> held = new ArrayList<>();
    private boolean on;

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (on) {
        held.add((ByteBuf) message);
      } else {
        var unused = ctx.write(message, promise);
      }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      held.forEach(ByteBuf::release);
    }
  }

  /** Someone who asks, and writes down the answer. */
  private static final class Asking implements ResponseReceiver {
    private final List<String> heard = new ArrayList<>();
    private final RequestSender sender;
    private @Nullable RuntimeException fault;

    Asking(EmbeddedChannel channel) {
      sender = ClientConnection.of(channel).begin(this);
    }

    @Override
    public void onHead(int status, HttpHeaders headers, boolean end) {
      if (fault != null) {
        throw fault;
      }
      heard.add(status + text(headers) + (end ? " end" : ""));
    }

    private static String text(HttpHeaders headers) {
      StringBuilder text = new StringBuilder();
      headers.forEach(h -> text.append(' ').append(h.getKey()).append('=').append(h.getValue()));
      return text.toString();
    }

    @Override
    public void onBody(ByteBuf data, boolean end) {
      String text = data.toString(StandardCharsets.US_ASCII);
      heard.add("body " + text + (end ? " end" : ""));
      data.release();
    }

    @Override
    public void onTrailers(HttpHeaders trailers) {
      heard.add("trailers" + text(trailers));
    }

    @Override
    public void onReadComplete() {
      heard.add("read");
    }

    @Override
    public void onReset(ResetReason reason) {
      heard.add("reset " + reason);
    }

    @Override
    public void onWritabilityChanged(boolean writable) {
      heard.add("writable " + writable);
    }
  }
}
