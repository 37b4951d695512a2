package io.bifocal.dataplane.transport.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Looks at how a client begins, which no library tells, and then is gone. */
final class FirstBytes extends ChannelInboundHandlerAdapter {
  /** As much of what is no TLS as tells what it is. */
  private static final int TELLING = 5;

  private final Handshake handshake;

  /** A hello that came in pieces, as far as it has come; null while there is none. */
  private @Nullable ByteBuf pieces;

  FirstBytes(Handshake handshake) {
    this.handshake = handshake;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes && isSeen(ctx, bytes)) {
      ctx.pipeline().remove(this);
    }
    ctx.fireChannelRead(message);
  }

  private boolean isSeen(ChannelHandlerContext ctx, ByteBuf bytes) {
    ByteBuf all =
        pieces == null
            ? bytes
            : pieces.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    ClientHello.Reading reading = ClientHello.peek(all);
    if (reading instanceof ClientHello.Unfinished) {
      if (pieces == null) {
        pieces = ctx.alloc().buffer().writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
      }
      return false;
    }
    if (reading instanceof ClientHello.Whole whole) {
      handshake.beganWith(whole.hello());
    } else {
      handshake.beganWith(
          all.toString(
              all.readerIndex(),
              Math.min(TELLING, all.readableBytes()),
              StandardCharsets.ISO_8859_1));
    }
    return true;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (pieces != null) {
      pieces.release();
      pieces = null;
    }
  }
}
