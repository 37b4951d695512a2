package io.bifocal.dataplane.pool;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;

/** The first handler on a connection's channel: counts its bytes, and notices its end. */
final class PooledChannel extends ChannelDuplexHandler {
  private final PooledConnection connection;
  private final UpstreamStats stats;
  private boolean closedByUs;
  private boolean broken;

  PooledChannel(PooledConnection connection, UpstreamStats stats) {
    this.connection = connection;
    this.stats = stats;
  }

  /** Whether it was closed here, and not because it was broken. */
  boolean closedByUs() {
    return closedByUs;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      stats.cxRxBytesTotal.add(bytes.readableBytes());
    }
    if (connection.expectsNothing()) {
      // An answer to nothing: what would come next is anybody's guess.
      ReferenceCountUtil.release(message);
      stats.cxProtocolError.inc();
      connection.close();
      return;
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes) {
      stats.cxTxBytesTotal.add(bytes.readableBytes());
    }
    var unused = ctx.write(message, promise);
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    closedByUs = !broken;
    var unused = ctx.close(promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    connection.onClosed(!closedByUs);
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (connection.isUnused()) {
      connection.onClosed(true);
      var unused = ctx.close();
      return;
    }
    broken = true; // by the peer, or on the way: our users' faults do not come this way
    ctx.fireExceptionCaught(cause);
  }
}
