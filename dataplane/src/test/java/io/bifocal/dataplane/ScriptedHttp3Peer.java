package io.bifocal.dataplane;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * A server over QUIC that reads nothing of what it is asked and answers with whatever bytes it is
 * told to, which need not be HTTP/3.
 */
final class ScriptedHttp3Peer extends QuicPeer {
  /** What is done when the first bytes of a request have come. */
  interface Answer {
    void to(QuicStreamChannel stream);
  }

  private static final int HEADERS = 1;
  private static final int DATA = 0;
  private static final int WINDOW = 4000;

  ScriptedHttp3Peer(InetSocketAddress at, X509Bundle own, Answer answer) throws Exception {
    super(
        at,
        tls(own).option(BoringSSLContextOption.GROUPS, Http3Peer.CURVES),
        codec ->
            codec
                .initialMaxStreamDataBidirectionalRemote(WINDOW)
                .initialMaxStreamsBidirectional(100)
                .handler(new ChannelInboundHandlerAdapter())
                .streamHandler(
                    new ChannelInitializer<QuicStreamChannel>() {
                      @Override
                      protected void initChannel(QuicStreamChannel stream) {
                        stream.pipeline().addLast(new Once(answer));
                      }
                    }));
  }

  /** An answer of these bytes, with their end. */
  static Answer whole(ByteBuf... frames) {
    return stream ->
        stream
            .writeAndFlush(Unpooled.wrappedBuffer(frames))
            .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
  }

  /** The same, but the end is still to come. */
  static Answer unfinished(ByteBuf... frames) {
    return stream -> {
      var unused = stream.writeAndFlush(Unpooled.wrappedBuffer(frames));
    };
  }

  /** A frame of fields: names and their values, one after the other. */
  static ByteBuf headers(String... fields) {
    ByteBuf block = Unpooled.buffer().writeShort(0); // nothing of a dynamic table
    for (int i = 0; i < fields.length; i += 2) {
      string(block, 0x20, 3, fields[i]); // a literal name, and a literal value
      string(block, 0, 7, fields[i + 1]);
    }
    return frame(HEADERS, block);
  }

  static ByteBuf data(String content) {
    return frame(DATA, Unpooled.copiedBuffer(content, StandardCharsets.US_ASCII));
  }

  private static ByteBuf frame(int type, ByteBuf content) {
    ByteBuf frame = Unpooled.buffer();
    frame.writeByte(type).writeInt(0x80000000 | content.readableBytes()).writeBytes(content);
    return frame;
  }

  // RFC 9204, section 4.1.
  private static void string(ByteBuf to, int flags, int prefix, String text) {
    int most = (1 << prefix) - 1;
    int length = text.length();
    if (length < most) {
      to.writeByte(flags | length);
    } else {
      to.writeByte(flags | most);
      int rest = length - most;
      while (rest >= 0x80) {
        to.writeByte(0x80 | (rest & 0x7f));
        rest >>= 7;
      }
      to.writeByte(rest);
    }
    to.writeCharSequence(text, StandardCharsets.US_ASCII);
  }

  private static final class Once extends ChannelInboundHandlerAdapter {
    private final Answer answer;
    private boolean answered;

    Once(Answer answer) {
      this.answer = answer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      QuicStreamChannel stream = (QuicStreamChannel) ctx.channel();
      if (!answered && stream.type() == QuicStreamType.BIDIRECTIONAL) {
        answered = true;
        answer.to(stream);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // The proxy resets what it does not like.
    }
  }
}
