package io.bifocal.dataplane.http.codec;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.TimeUnit;

/**
 * The end of a connection on which the peer may still be sending. A close with unread bytes makes
 * its kernel throw the answer away; so the sending side is closed first, and the rest when the peer
 * has done the same or has had its time (RFC 9112, section 9.6).
 */
final class DelayedClose {
  private DelayedClose() {}

  /** Closes once what was written has gone out and has had its time. */
  static void start(ChannelHandlerContext ctx, ServerEvents events) {
    Channel channel = ctx.channel();
    if (events.delayedClose() == 0) {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent -> {
              if (sent.isSuccess() && channel instanceof DuplexChannel duplex) {
                var unused = duplex.shutdownOutput();
              } else {
                var unused = channel.close();
              }
            });
    channel.config().setAutoRead(true);
    var timer =
        ctx.executor()
            .schedule(
                () -> {
                  events.onDelayedCloseTimeout();
                  var unusedClose = channel.close();
                },
                events.delayedClose(),
                TimeUnit.NANOSECONDS);
    channel.closeFuture().addListener(closed -> timer.cancel(false));
  }
}
