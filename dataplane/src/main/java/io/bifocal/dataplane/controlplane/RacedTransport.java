package io.bifocal.dataplane.controlplane;

import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.grpc.Status;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalServerChannel;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The channel that grpc-netty connects: it is connected when a raced connection is, and fails with
 * the race's own words.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the promise that grpc-netty made tells all
final class RacedTransport extends LocalChannel {
  private final @Nullable ChannelConfig socketLike;

  /**
   * A transport that is not connected.
   *
   * @param failure why an earlier one could not be connected: then this one is not even tried, so
   *     that grpc-java's own attempts come to nothing
   */
  RacedTransport(UpstreamDialer dialer, AtomicReference<@Nullable Status> failure) {
    socketLike =
        new DefaultChannelConfig(this) {
          @Override
          public <T> boolean setOption(ChannelOption<T> option, T value) {
            // grpc-netty asks every channel for it; the real socket is the pool's affair.
            return option.equals(ChannelOption.SO_KEEPALIVE) || super.setOption(option, value);
          }
        };
    pipeline().addFirst(new Connector(dialer, failure));
  }

  @Override
  public ChannelConfig config() {
    return socketLike == null ? super.config() : socketLike;
  }

  private static final class Connector extends ChannelOutboundHandlerAdapter {
    private final UpstreamDialer dialer;
    private final AtomicReference<@Nullable Status> failure;

    // Of the worker's loop.
    private ConnectionPool.@Nullable Ticket ticket;
    private boolean closed;

    Connector(UpstreamDialer dialer, AtomicReference<@Nullable Status> failure) {
      this.dialer = dialer;
      this.failure = failure;
    }

    @Override
    public void connect(
        ChannelHandlerContext ctx,
        SocketAddress remote,
        @Nullable SocketAddress local,
        ChannelPromise promise) {
      Status earlier = failure.get();
      if (earlier != null) {
        promise.tryFailure(earlier.asRuntimeException());
        return;
      }
      UpstreamDialer.Answer answer =
          new UpstreamDialer.Answer() {
            @Override
            public void connected(UpstreamConnection connection) {
              if (closed) {
                connection.discard();
                return;
              }
              connection.channel().config().setAutoRead(false);
              ctx.executor().execute(() -> meet(ctx, connection, promise));
            }

            @Override
            public void failed(Status why) {
              failure.set(why);
              ctx.executor().execute(() -> promise.tryFailure(why.asRuntimeException()));
            }
          };
      ctx.channel().closeFuture().addListener(f -> closed());
      dialer.worker().loop().execute(() -> ticket = dialer.dial(answer));
    }

    private void closed() {
      if (!dialer.worker().eventLoop().isShuttingDown()) { // else it ends by itself
        dialer.worker().loop().execute(this::giveUp);
      }
    }

    private void giveUp() {
      closed = true;
      if (ticket != null) {
        ticket.cancel();
      }
    }

    /** Connects to a peer made for this one connection, which is spliced to the real one. */
    private static void meet(
        ChannelHandlerContext ctx, UpstreamConnection connection, ChannelPromise promise) {
      ChannelFuture bound =
          new ServerBootstrap()
              .group(ctx.channel().eventLoop())
              .channel(LocalServerChannel.class)
              .childOption(ChannelOption.AUTO_READ, false)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel peer) {
                      peer.parent().close();
                      Splice.join(peer, connection);
                    }
                  })
              .bind(LocalAddress.ANY);
      bound.addListener(
          f -> {
            if (!f.isSuccess()) {
              discard(connection);
              promise.tryFailure(f.cause());
              return;
            }
            promise.addListener(
                connected -> {
                  if (!connected.isSuccess()) {
                    bound.channel().close();
                    discard(connection);
                  }
                });
            ctx.connect(bound.channel().localAddress(), promise);
          });
    }

    private static void discard(UpstreamConnection connection) {
      connection.channel().eventLoop().execute(connection::discard);
    }
  }
}
