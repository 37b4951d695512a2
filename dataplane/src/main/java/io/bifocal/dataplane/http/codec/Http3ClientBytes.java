package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.UpstreamStats;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.quic.QuicStreamFrame;

/** Under the frames of a connection's streams: counts their bytes. */
@Sharable
final class Http3ClientBytes extends ChannelDuplexHandler {
  private final UpstreamStats stats;

  Http3ClientBytes(UpstreamStats stats) {
    this.stats = stats;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      stats.cxRxBytesTotal.add(bytes.readableBytes());
    } else if (message instanceof QuicStreamFrame frame) {
      stats.cxRxBytesTotal.add(frame.content().readableBytes());
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes) {
      stats.cxTxBytesTotal.add(bytes.readableBytes());
    } else if (message instanceof QuicStreamFrame frame) {
      stats.cxTxBytesTotal.add(frame.content().readableBytes());
    }
    var unused = ctx.write(message, promise);
  }
}
