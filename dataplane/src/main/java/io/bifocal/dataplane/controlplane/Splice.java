package io.bifocal.dataplane.controlplane;

import io.bifocal.dataplane.pool.UpstreamConnection;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * One of two ends that pass on to each other what they read, uncopied. Each lives on its own loop.
 * An end that cannot write any more stops its partner from reading.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what a write's future tells, the handlers hear
final class Splice extends ChannelInboundHandlerAdapter {
  private final Channel other;
  private final Runnable onClose;

  private Splice(Channel other, Runnable onClose) {
    this.other = other;
    this.onClose = onClose;
  }

  /** Joins an in-process channel, on whose loop this is called, to a pool's connection. */
  static void join(Channel local, UpstreamConnection connection) {
    Channel upstream = connection.channel();
    local.pipeline().addLast(new Splice(upstream, () -> {}));
    upstream
        .eventLoop()
        .execute(
            () -> {
              upstream.pipeline().addLast(new Splice(local, connection::discard));
              if (upstream.isActive()) {
                upstream.config().setAutoRead(true);
                local.config().setAutoRead(true);
              } else {
                connection.discard();
                local.close();
              }
            });
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    other.writeAndFlush(message);
    if (!other.isWritable()) {
      ctx.channel().config().setAutoRead(false);
      if (other.isWritable()) { // it drained meanwhile, on its own loop
        ctx.channel().config().setAutoRead(true);
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      other.config().setAutoRead(true);
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    onClose.run();
    if (other.isOpen()) {
      other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
