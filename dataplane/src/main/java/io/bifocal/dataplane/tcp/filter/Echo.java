package io.bifocal.dataplane.tcp.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Says back what a client says.
 *
 * <p>Source: {@code envoy.extensions.filters.network.echo.v3.Echo}.
 */
final class Echo implements NetworkFilter {
  static NetworkFilter of(Any any) throws ConfigException {
    var unused =
        Unpack.as(
            io.envoyproxy.envoy.extensions.filters.network.echo.v3.Echo.getDefaultInstance(), any);
    return new Echo();
  }

  @Override
  public void onConnection(Channel downstream, Worker worker, DownstreamConnection connection) {
    downstream.pipeline().addLast(new Handler(connection.stream()));
    downstream.config().setAutoRead(true);
  }

  private static final class Handler extends ChannelInboundHandlerAdapter {
    private final StreamInfo stream;

    Handler(StreamInfo stream) {
      this.stream = stream;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      int bytes = ((ByteBuf) message).readableBytes();
      stream.bytesReceived += bytes;
      stream.bytesSent += bytes;
      var unused = ctx.writeAndFlush(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      ctx.channel().config().setAutoRead(ctx.channel().isWritable());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var unused = ctx.close();
    }
  }
}
