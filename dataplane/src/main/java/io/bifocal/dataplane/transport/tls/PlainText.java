package io.bifocal.dataplane.transport.tls;

import com.google.common.collect.ImmutableList;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.NotSslRecordException;
import java.nio.charset.StandardCharsets;

/** What a peer says that speaks no TLS where it should, and what it is told. */
enum PlainText {
  HTTP("GET ", "POST ", "HEAD ", "PUT "),
  HTTP_CONNECT("CONNE"),
  OTHER;

  private static final int ENOUGH = 5;
  private static final int RECORD_OVERFLOW = 22;
  private static final int PROTOCOL_VERSION = 70;

  private final ImmutableList<String> beginnings;

  PlainText(String... beginnings) {
    this.beginnings = ImmutableList.copyOf(beginnings);
  }

  /** What begins like this, as BoringSSL knows it. */
  static PlainText of(String first) {
    for (PlainText known : values()) {
      for (String beginning : known.beginnings) {
        if (first.startsWith(beginning)) {
          return known;
        }
      }
    }
    return OTHER;
  }

  /**
   * Tells a peer what its first bytes should have been, as BoringSSL does where it is asked: Netty
   * finds such bytes before the library does.
   *
   * @param tls where the connection's TLS is
   * @param first the peer's first bytes, as far as they are known
   */
  static void answer(ChannelHandlerContext tls, Throwable failure, String first) {
    if (failure instanceof NotSslRecordException && of(first) == OTHER) {
      alert(tls, PROTOCOL_VERSION);
    } else if (TlsErrors.isTooLong(failure)) {
      alert(tls, RECORD_OVERFLOW);
    }
  }

  /** A record in plain text (RFC 8446, section 6): there are no keys yet. */
  private static void alert(ChannelHandlerContext tls, int description) {
    var unused =
        tls.writeAndFlush(
            tls.alloc().buffer().writeBytes(new byte[] {0x15, 3, 1, 0, 2, 2, (byte) description}));
  }

  /** Looks at a client's first bytes, and then is gone. */
  static final class Watch extends ChannelInboundHandlerAdapter {
    private static final int HANDSHAKE = 0x16;

    private final Handshake handshake;

    Watch(Handshake handshake) {
      this.handshake = handshake;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof ByteBuf bytes
          && bytes.isReadable()
          && bytes.getByte(bytes.readerIndex()) != HANDSHAKE) {
        handshake.beganWith(
            bytes.toString(
                bytes.readerIndex(),
                Math.min(ENOUGH, bytes.readableBytes()),
                StandardCharsets.ISO_8859_1));
      }
      ctx.pipeline().remove(this);
      ctx.fireChannelRead(message);
    }
  }
}
