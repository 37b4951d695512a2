package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.RequestSender;
import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.codec.ResponseReceiver;
import io.bifocal.dataplane.stream.WireBytes;
import io.bifocal.dataplane.transport.HalfClose;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection that speaks no HTTP, in the place of one that does: a tunnel ends here, and what is
 * in it goes out as it is. The tunnel is answered with 200 by itself. Source: Envoy's {@code
 * Upstreams::Http::Tcp::TcpUpstream}.
 */
final class TcpUpstream extends ChannelInboundHandlerAdapter implements RequestSender, WireBytes {
  private final Channel channel;
  private final ByteBuf header;
  private @Nullable ResponseReceiver receiver;
  private boolean answered;
  private boolean requestEnded;
  private boolean responseEnded;
  private long received;
  private long sent;

  private TcpUpstream(Channel channel, ByteBuf header, ResponseReceiver receiver) {
    this.channel = channel;
    this.header = header;
    this.receiver = receiver;
  }

  /**
   * Begins on a connection that nobody else has.
   *
   * @param header what comes before the tunnel's bytes
   */
  static RequestSender begin(Channel channel, ByteBuf header, ResponseReceiver receiver) {
    TcpUpstream made = new TcpUpstream(channel, header, receiver);
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.pipeline().addLast(made);
    return made;
  }

  // ---- to the upstream

  @Override
  public void writeHead(RequestHead head, boolean end) {
    writeBody(header, end);
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    if (data.isReadable()) {
      sent += data.readableBytes();
      var unused = channel.write(data, channel.voidPromise());
    } else {
      data.release();
    }
    if (end) {
      requestEnded = true;
      channel
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(
              sent -> {
                var unused = HalfClose.endOutput(channel);
              });
    }
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    writeBody(Unpooled.EMPTY_BUFFER, true);
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (receiver != null) {
      receiver.onWritabilityChanged(channel.isWritable());
    }
  }

  // ---- from the upstream

  /** At first the tunnel is there, and its client hears so. */
  @Override
  public void readResponse(boolean on) {
    if (!answered) {
      answered = true;
      ResponseReceiver to = requireNonNull(receiver);
      to.onHead(200, new DefaultHttpHeaders(), false);
      to.onReadComplete(); // its client waits for no more
    }
    if (receiver != null && channel.config().isAutoRead() != on) {
      channel.config().setAutoRead(on);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (receiver == null) {
      bytes.release();
    } else {
      received += bytes.readableBytes();
      receiver.onBody(bytes, false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (receiver != null) {
      receiver.onReadComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    ResponseReceiver to = receiver;
    if (event instanceof ChannelInputShutdownEvent && !responseEnded && to != null) {
      responseEnded = true;
      to.onBody(Unpooled.EMPTY_BUFFER, true);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ResponseReceiver to = receiver;
    receiver = null;
    if (to != null) {
      to.onReset(ResetReason.CONNECTION_TERMINATION);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var unused = ctx.close();
  }

  // ----

  @Override
  public @Nullable Address localAddress() {
    return channel.localAddress() instanceof InetSocketAddress local ? Address.of(local) : null;
  }

  /** Whether both directions have ended; its pool uses no such connection again. */
  @Override
  public boolean isReusable() {
    return requestEnded && responseEnded;
  }

  @Override
  public WireBytes bytes() {
    return this;
  }

  @Override
  public long received() {
    return received;
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public void detach() {
    receiver = null;
  }
}
