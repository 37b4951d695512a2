package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.quic.QuicStreamFrame;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Under the frames of one stream: sees its end before they do, and counts its bytes. */
final class Http3StreamEnds extends ChannelDuplexHandler {
  private final Http3ServerStream stream;
  private final ServerEvents events;
  private @Nullable ChannelHandlerContext ctx;

  Http3StreamEnds(Http3ServerStream stream, ServerEvents events) {
    this.stream = stream;
    this.events = events;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
  }

  /** Ends what is sent, behind all that waits: Netty's own shutdown would overtake it. */
  ChannelFuture finish() {
    return Objects.requireNonNull(ctx).write(QuicStreamFrame.EMPTY_FIN);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof QuicStreamFrame frame) {
      events.onBytesRead(frame.content().readableBytes());
      if (frame.hasFin()) {
        stream.lastBytes();
      }
    }
    context.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes) {
      events.onBytesWritten(bytes.readableBytes());
    }
    var unused = context.write(message, promise);
  }
}
