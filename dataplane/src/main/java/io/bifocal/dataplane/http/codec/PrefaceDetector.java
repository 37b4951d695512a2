package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Looks whether a client begins as one of HTTP/2 does (RFC 9113, section 3.4). */
final class PrefaceDetector extends ChannelInboundHandlerAdapter {
  // No more of it is needed: HTTP/1 has no such request line.
  private static final ByteBuf PREFACE =
      Unpooled.unreleasableBuffer(
          Unpooled.copiedBuffer("PRI * HTTP/2", StandardCharsets.US_ASCII).asReadOnly());

  private final ServerCodec.Server server;
  private final ServerEvents events;
  private @Nullable ByteBuf seen;

  PrefaceDetector(ServerCodec.Server server, ServerEvents events) {
    this.server = server;
    this.events = events;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    ByteBuf before = seen;
    ByteBuf all = before == null ? bytes : Unpooled.wrappedBuffer(before, bytes);
    seen = null;
    int length = Math.min(all.readableBytes(), PREFACE.readableBytes());
    boolean begins =
        ByteBufUtil.equals(all, all.readerIndex(), PREFACE, PREFACE.readerIndex(), length);
    if (begins && length < PREFACE.readableBytes()) {
      seen = all;
      return;
    }
    if (begins) {
      server.http2();
    } else {
      server.http1();
    }
    ctx.fireChannelRead(all);
    ctx.pipeline().remove(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    release();
    events.onClosed(false);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    release();
  }

  private void release() {
    ByteBuf before = seen;
    if (before != null) {
      seen = null;
      before.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Faults.report(cause);
    var unused = ctx.close();
  }
}
