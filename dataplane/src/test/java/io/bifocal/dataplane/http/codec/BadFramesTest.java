package io.bifocal.dataplane.http.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Session;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An upstream that breaks the rules of RFC 9113: what it is told, and who hears of it. */
class BadFramesTest implements Session.Listener {
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;

  private final VirtualTime time = new VirtualTime();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final FramePeer peer = new FramePeer(channel);
  private final List<String> first = new ArrayList<>();
  private final List<String> second = new ArrayList<>();
  private int protocolErrors;

  private void established() {
    Http2ClientConnection.SESSIONS.start(
        channel,
        time,
        Http2Options.DEFAULT,
        10,
        new UpstreamStats(new StatsStore(1).root(), 1),
        this);
    peer.settings(new Http2Settings());
    peer.frame(SETTINGS, ACK, 0, "");
    ask(first);
    ask(second);
    peer.heard();
  }

  private void ask(List<String> heard) {
    RequestSender sender = ClientConnection.of(channel).begin(new Listening(heard));
    sender.writeHead(new RequestHead("GET", "/", "a", true, new DefaultHttpHeaders()), false);
    sender.flush();
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  static Stream<Arguments> connectionErrors() {
    return Stream.of(
        bad("DATA on the connection", "PROTOCOL_ERROR", DATA, 0, 0, "00"),
        bad("DATA on a stream that is none", "PROTOCOL_ERROR", DATA, 0, 99, "00"),
        bad("DATA that is all padding", "PROTOCOL_ERROR", DATA, PADDED, 1, "09 00"),
        bad("DATA beyond the frame size", "FRAME_SIZE_ERROR", DATA, 0, 1, "00 ".repeat(16_385)),
        bad("HEADERS on the connection", "PROTOCOL_ERROR", HEADERS, END_HEADERS, 0, "88"),
        bad("HEADERS on a stream of its own", "PROTOCOL_ERROR", HEADERS, END_HEADERS, 2, "88"),
        bad(
            "HEADERS with an index of nothing",
            "COMPRESSION_ERROR",
            HEADERS,
            END_HEADERS,
            1,
            "ff 80 01"),
        bad("RST_STREAM on the connection", "PROTOCOL_ERROR", RST_STREAM, 0, 0, "00 00 00 00"),
        bad(
            "RST_STREAM on a stream that is none",
            "PROTOCOL_ERROR",
            RST_STREAM,
            0,
            99,
            "00 00 00 00"),
        bad("RST_STREAM of another size", "FRAME_SIZE_ERROR", RST_STREAM, 0, 1, "00 00 00"),
        bad("SETTINGS on a stream", "PROTOCOL_ERROR", SETTINGS, 0, 1, ""),
        bad("SETTINGS of another size", "FRAME_SIZE_ERROR", SETTINGS, 0, 0, "00 00 00"),
        bad(
            "SETTINGS that acknowledge and say more",
            "FRAME_SIZE_ERROR",
            SETTINGS,
            ACK,
            0,
            "00 03 00 00 00 01"),
        bad(
            "SETTINGS with too large a window",
            "FLOW_CONTROL_ERROR",
            SETTINGS,
            0,
            0,
            "00 04 80 00 00 00"),
        bad(
            "SETTINGS with too small a frame size",
            "PROTOCOL_ERROR",
            SETTINGS,
            0,
            0,
            "00 05 00 00 00 01"),
        bad("SETTINGS with a server's push", "PROTOCOL_ERROR", SETTINGS, 0, 0, "00 02 00 00 00 01"),
        bad(
            "PUSH_PROMISE, which was declined",
            "PROTOCOL_ERROR",
            PUSH_PROMISE,
            END_HEADERS,
            1,
            "00 00 00 02 82"),
        bad("PING on a stream", "PROTOCOL_ERROR", PING, 0, 1, "00 00 00 00 00 00 00 00"),
        bad("PING of another size", "FRAME_SIZE_ERROR", PING, 0, 0, "00"),
        bad("GOAWAY on a stream", "PROTOCOL_ERROR", GOAWAY, 0, 1, "00 00 00 00 00 00 00 00"),
        bad("WINDOW_UPDATE of nothing", "PROTOCOL_ERROR", WINDOW_UPDATE, 0, 0, "00 00 00 00"),
        bad("WINDOW_UPDATE of another size", "FRAME_SIZE_ERROR", WINDOW_UPDATE, 0, 0, "00"),
        bad(
            "WINDOW_UPDATE beyond the largest",
            "FLOW_CONTROL_ERROR",
            WINDOW_UPDATE,
            0,
            0,
            "7f ff ff ff"),
        bad("CONTINUATION of nothing", "PROTOCOL_ERROR", CONTINUATION, END_HEADERS, 1, "88"));
  }

  private static Arguments bad(
      String what, String error, int type, int flags, int stream, String payload) {
    return Arguments.of(what, error, type, flags, stream, payload);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("connectionErrors")
  void endTheConnection(
      String what, String error, int type, int flags, int stream, String payload) {
    established();
    peer.frame(type, flags, stream, payload);
    assertThat(peer.heard()).contains("GOAWAY " + error);
    theConnectionIsGone();
  }

  private void theConnectionIsGone() {
    assertThat(first).containsExactly("reset PROTOCOL_ERROR");
    assertThat(second).containsExactly("reset PROTOCOL_ERROR");
    assertThat(channel.isOpen()).isFalse();
    assertThat(protocolErrors).isEqualTo(1);
  }

  @Test
  void aHeadThatIsInterruptedEndsTheConnection() {
    established();
    peer.frame(HEADERS, 0, 1, "88").frame(DATA, 0, 1, "00");
    assertThat(peer.heard()).contains("GOAWAY PROTOCOL_ERROR");
    theConnectionIsGone();
  }

  @Test
  void continuationsWithoutEndEndTheConnection() {
    established();
    peer.frame(HEADERS, 0, 1, "88");
    for (int i = 0; i < 100 && channel.isOpen(); i++) {
      peer.frame(CONTINUATION, 0, 1, "");
    }
    assertThat(peer.heard()).contains("GOAWAY ENHANCE_YOUR_CALM");
    theConnectionIsGone();
  }

  @Test
  void emptyPartsWithoutEndEndTheConnection() {
    established();
    peer.headers(1, false, ":status", "200");
    first.clear();
    peer.frame(DATA, 0, 1, "").frame(DATA, 0, 1, "");
    assertThat(peer.heard()).contains("GOAWAY ENHANCE_YOUR_CALM");
    theConnectionIsGone();
  }

  static Stream<Arguments> streamErrors() {
    return Stream.of(
        bad(
            "WINDOW_UPDATE beyond the largest",
            "FLOW_CONTROL_ERROR",
            WINDOW_UPDATE,
            0,
            1,
            "7f ff ff ff"),
        bad("PRIORITY of another size", "FRAME_SIZE_ERROR", PRIORITY, 0, 1, "00"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streamErrors")
  void endTheirStreamAlone(
      String what, String error, int type, int flags, int stream, String payload) {
    established();
    peer.frame(type, flags, stream, payload);
    assertThat(peer.heard()).containsExactly("RST_STREAM 1 " + error);
    assertThat(first).containsExactly("reset PROTOCOL_ERROR");
    peer.headers(3, true, ":status", "200");
    assertThat(second).containsExactly("200");
  }

  @Test
  void whatIsUnknownIsPassedOver() {
    established();
    peer.frame(0xbe, 0xff, 1, "01 02 03").frame(SETTINGS, 0, 0, "ca fe 00 00 00 01");
    peer.frame(PRIORITY, 0, 99, "00 00 00 01 10");
    peer.headers(1, true, ":status", "200");
    assertThat(first).containsExactly("200");
    assertThat(channel.isOpen()).isTrue();
  }

  @Override
  public void onRoom() {}

  @Override
  public void onGoingAway() {}

  @Override
  public void onProtocolError() {
    protocolErrors++;
  }

  private record Listening(List<String> heard) implements ResponseReceiver {
    @Override
    public void onHead(int status, HttpHeaders headers, boolean end) {
      heard.add(Integer.toString(status));
    }

    @Override
    public void onBody(ByteBuf data, boolean end) {
      data.release();
    }

    @Override
    public void onTrailers(HttpHeaders trailers) {}

    @Override
    public void onReadComplete() {}

    @Override
    public void onReset(ResetReason reason) {
      heard.add("reset " + reason);
    }

    @Override
    public void onWritabilityChanged(boolean writable) {}
  }
}
