package io.bifocal.dataplane.controlplane;

import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.function.LongConsumer;

/**
 * One of two ends that pass on to each other what they read, uncopied. Each lives on its own loop.
 * An end that cannot write any more stops its partner from reading.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what a write's future tells, the handlers hear
final class Splice extends ChannelDuplexHandler {
  private final Channel other;
  private final LongConsumer onRead;
  private final LongConsumer onWrite;
  private final Runnable onClose;

  private Splice(Channel other, LongConsumer onRead, LongConsumer onWrite, Runnable onClose) {
    this.other = other;
    this.onRead = onRead;
    this.onWrite = onWrite;
    this.onClose = onClose;
  }

  /** Joins an in-process channel, on whose loop this is called, to a pool's connection. */
  static void join(Channel local, UpstreamConnection connection, UpstreamStats stats) {
    Channel upstream = connection.channel();
    local.pipeline().addLast(new Splice(upstream, n -> {}, n -> {}, () -> {}));
    upstream
        .eventLoop()
        .execute(
            () -> {
              upstream
                  .pipeline()
                  .addLast(
                      new Splice(
                          local,
                          stats.cxRxBytesTotal::add,
                          stats.cxTxBytesTotal::add,
                          connection::discard));
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
    onRead.accept(((ByteBuf) message).readableBytes());
    other.writeAndFlush(message);
    if (!other.isWritable()) {
      ctx.channel().config().setAutoRead(false);
      if (other.isWritable()) { // it drained meanwhile, on its own loop
        ctx.channel().config().setAutoRead(true);
      }
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    onWrite.accept(((ByteBuf) message).readableBytes());
    ctx.write(message, promise);
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
    other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
