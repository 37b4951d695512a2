package io.bifocal.dataplane.http.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.FormatMethod;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The other end of a connection of HTTP/2, frame by frame: says what the test wants, whether it is
 * allowed or not, and writes down what it hears.
 */
public final class FramePeer {
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final EmbeddedChannel client;
  private final EmbeddedChannel pen = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
  private final Http2FrameWriter writer = new DefaultHttp2FrameWriter();
  private final Http2FrameReader reader = new DefaultHttp2FrameReader();
  private final ByteBuf unread = Unpooled.buffer();
  private boolean begun;

  /** Of the channel on which the client talks. */
  public FramePeer(EmbeddedChannel client) {
    this.client = client;
  }

  /** Of the channel on which a server listens. */
  static FramePeer ofServer(EmbeddedChannel server) {
    FramePeer peer = new FramePeer(server);
    peer.begun = true;
    return peer;
  }

  /** What a client begins with. */
  FramePeer preface() {
    return bytes(PREFACE);
  }

  private ChannelHandlerContext ctx() {
    return pen.pipeline().firstContext();
  }

  private FramePeer send(ChannelFuture written) {
    pen.flush();
    assertThat(written.isDone()).isTrue();
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf part = pen.readOutbound(); part != null; part = pen.readOutbound()) {
      all.writeBytes(part);
      part.release();
    }
    client.writeInbound(all);
    return this;
  }

  public FramePeer settings(Http2Settings settings) {
    return send(writer.writeSettings(ctx(), settings, ctx().newPromise()));
  }

  /** {@code headers}: name, value, name, value. */
  public FramePeer headers(int stream, boolean end, String... headers) {
    Http2Headers all = new DefaultHttp2Headers(false);
    for (int i = 0; i < headers.length; i += 2) {
      all.add(headers[i], headers[i + 1]);
    }
    return send(writer.writeHeaders(ctx(), stream, all, 0, end, ctx().newPromise()));
  }

  public FramePeer data(int stream, String text, boolean end) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    return send(writer.writeData(ctx(), stream, bytes, 0, end, ctx().newPromise()));
  }

  public FramePeer reset(int stream, Http2Error error) {
    return send(writer.writeRstStream(ctx(), stream, error.code(), ctx().newPromise()));
  }

  public FramePeer window(int stream, int more) {
    return send(writer.writeWindowUpdate(ctx(), stream, more, ctx().newPromise()));
  }

  FramePeer priority(int stream) {
    return send(writer.writePriority(ctx(), stream, 0, (short) 16, false, ctx().newPromise()));
  }

  public FramePeer goAway(int last, Http2Error error) {
    return send(
        writer.writeGoAway(ctx(), last, error.code(), Unpooled.EMPTY_BUFFER, ctx().newPromise()));
  }

  public FramePeer pong() {
    return send(writer.writePing(ctx(), true, 0, ctx().newPromise()));
  }

  /** Any frame, right or wrong; {@code payload} in hexadecimal digits, with blanks. */
  FramePeer frame(int type, int flags, int stream, String payload) {
    byte[] bytes = HexFormat.of().parseHex(payload.replace(" ", ""));
    ByteBuf all = Unpooled.buffer();
    all.writeMedium(bytes.length).writeByte(type).writeByte(flags).writeInt(stream);
    client.writeInbound(all.writeBytes(bytes));
    return this;
  }

  public FramePeer bytes(String text) {
    client.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    return this;
  }

  /** What has come since the last call, a line for each frame. */
  public List<String> heard() {
    for (ByteBuf part = client.readOutbound(); part != null; part = client.readOutbound()) {
      unread.writeBytes(part);
      part.release();
    }
    List<String> lines = new ArrayList<>();
    if (!begun && unread.readableBytes() >= PREFACE.length()) {
      lines.add(unread.readCharSequence(PREFACE.length(), StandardCharsets.US_ASCII).toString());
      begun = true;
    }
    try {
      reader.readFrame(ctx(), unread, new Scribe(lines));
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
    return lines;
  }

  private record Scribe(List<String> lines) implements Http2FrameListener {
    @FormatMethod
    private void line(String format, Object... arguments) {
      lines.add(format.formatted(arguments));
    }

    @Override
    public int onDataRead(ChannelHandlerContext c, int id, ByteBuf data, int padding, boolean end) {
      String text = data.toString(StandardCharsets.US_ASCII);
      line("DATA %d%s %s", id, end ? " end" : "", text.length() > 20 ? text.length() : text);
      return data.readableBytes() + padding;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext c, int id, Http2Headers headers, int padding, boolean end) {
      List<String> all = new ArrayList<>();
      headers.forEach(header -> all.add(header.getKey() + "=" + header.getValue()));
      line("HEADERS %d%s %s", id, end ? " end" : "", String.join(" ", all));
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext c,
        int id,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end) {
      onHeadersRead(c, id, headers, padding, end);
    }

    @Override
    public void onPriorityRead(
        ChannelHandlerContext c, int id, int dependency, short weight, boolean exclusive) {
      line("PRIORITY %d", id);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext c, int id, long error) {
      line("RST_STREAM %d %s", id, Http2Error.valueOf(error));
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext c) {
      line("SETTINGS ack");
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext c, Http2Settings settings) {
      line("SETTINGS %s", settings);
    }

    @Override
    public void onPingRead(ChannelHandlerContext c, long data) {
      line("PING");
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext c, long data) {
      line("PING ack");
    }

    @Override
    public void onPushPromiseRead(
        ChannelHandlerContext c, int id, int promised, Http2Headers headers, int padding) {
      line("PUSH_PROMISE %d", id);
    }

    @Override
    public void onGoAwayRead(ChannelHandlerContext c, int last, long error, ByteBuf debug) {
      line("GOAWAY %s%s", last > 0 ? last + " " : "", Http2Error.valueOf(error));
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext c, int id, int more) {
      line("WINDOW_UPDATE %d %d", id, more);
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext c, byte type, int id, Http2Flags flags, ByteBuf payload) {
      line("UNKNOWN %d", type);
    }
  }
}
