package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/** Tells how many bytes pass. */
final class ByteCounts extends ChannelDuplexHandler {
  private final ServerEvents events;

  ByteCounts(ServerEvents events) {
    this.events = events;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      events.onBytesRead(bytes.readableBytes());
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.fireChannelReadComplete();
    events.onReadComplete();
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes) {
      events.onBytesWritten(bytes.readableBytes());
    }
    var unused = ctx.write(message, promise);
  }
}
