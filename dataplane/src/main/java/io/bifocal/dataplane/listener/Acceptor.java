package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deals the connections of one socket to the workers that it serves. */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails leaves nothing to do
final class Acceptor extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(Acceptor.class);
  private static final int REST_SECONDS = 1;

  private final ListenSocket socket;
  private final Balance balance;

  Acceptor(ListenSocket socket, Balance balance) {
    this.socket = socket;
    this.balance = balance;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    Channel connection = (Channel) message;
    if (!connection.isActive()) { // it was reset while it waited
      connection.unsafe().closeForcibly();
      return;
    }
    Worker worker = balance.choose(connection);
    connection.config().setAutoRead(false);
    connection
        .pipeline()
        .addLast(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel registered) {
                take(registered, worker);
              }
            });
    worker
        .eventLoop()
        .register(connection)
        .addListener(
            f -> {
              if (!f.isSuccess()) {
                log.warn("a connection could not be registered", f.cause());
                connection.unsafe().closeForcibly();
              }
            });
  }

  private void take(Channel connection, Worker worker) {
    ListenerVersion version = socket.serving();
    if (version != null) {
      Arrival.of(socket, version, worker, connection, socket.localAddress(), false);
    } else {
      waitFor(connection, worker);
    }
  }

  /** For a connection that was on its way when accepting was paused. */
  private void waitFor(Channel connection, Worker worker) {
    if (socket.closed()) {
      connection.close();
    } else {
      socket.park(() -> worker.eventLoop().execute(() -> takeLate(connection, worker)));
    }
  }

  private void takeLate(Channel connection, Worker worker) {
    ListenerVersion version = socket.serving();
    if (version == null) {
      waitFor(connection, worker);
    } else if (connection.isActive()) {
      Arrival.of(socket, version, worker, connection, socket.localAddress(), true);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // Most often there are no descriptors left: trying again at once would only burn the processor.
    log.warn("cannot accept on {}: {}", socket.localAddress(), cause.toString());
    ctx.channel().config().setAutoRead(false);
    ctx.executor().schedule(() -> resume(ctx), REST_SECONDS, TimeUnit.SECONDS);
  }

  private void resume(ChannelHandlerContext ctx) {
    if (socket.serving() != null) {
      ctx.channel().config().setAutoRead(true);
    }
  }
}
