package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.bifocal.dataplane.stream.WireBytes;
import io.bifocal.dataplane.transport.HalfClose;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one HTTP/1.1 connection. It stays on its channel while the channel lives,
 * and carries one exchange after the other.
 */
public final class Http1ClientConnection extends ChannelInboundHandlerAdapter
    implements ClientConnection, RequestSender {
  private static final AttributeKey<Http1ClientConnection> KEY =
      AttributeKey.valueOf(Http1ClientConnection.class, "codec");

  private final Http1Answers answers;
  private final Http1Writer writer;
  private final Http1Bytes counts;
  private @Nullable ChannelHandlerContext context;
  private boolean requestEnded = true;
  private boolean cut;
  private @Nullable Address local;

  private Http1ClientConnection(Http1Options options) {
    this.answers = new Http1Answers(options);
    this.writer = new Http1Writer(options);
    this.counts = new Http1Bytes(answers.parser(), writer);
  }

  /** The codec of a channel; put there at its first use. */
  static Http1ClientConnection of(Channel channel, Http1UpstreamOptions options) {
    Http1ClientConnection known = channel.attr(KEY).get();
    if (known != null) {
      return known;
    }
    Http1ClientConnection made = new Http1ClientConnection(Http1Options.of(options));
    channel.attr(KEY).set(made);
    channel.pipeline().addLast(made);
    return made;
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_1_1;
  }

  @Override
  public RequestSender begin(ResponseReceiver next) {
    answers.begin(next);
    counts.begin();
    requestEnded = false;
    readResponse(true);
    return this;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  private ChannelHandlerContext ctx() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("not on a channel");
    }
    return ctx;
  }

  @Override
  public @Nullable Address localAddress() {
    if (local == null) {
      SocketAddress socket = ctx().channel().localAddress();
      boolean known = socket instanceof InetSocketAddress || socket instanceof DomainSocketAddress;
      local = known ? Address.of(socket) : null;
    }
    return local;
  }

  @Override
  public void writeHead(RequestHead head, boolean end) {
    answers.parser().asked(head);
    writer.request(ctx(), head, end);
    requestEnded = end;
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    writer.body(ctx(), data, end);
    requestEnded = end;
    if (end && answers.parser().isUpgrading()) {
      endTunnel();
    }
  }

  // Nothing else tells the peer that this was the last.
  private void endTunnel() {
    flush();
    Channel channel = ctx().channel();
    ctx()
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent ->
                HalfClose.endOutput(channel)
                    .addListener(
                        ended -> {
                          if (!ended.isSuccess()) {
                            var unused = channel.close();
                          }
                        }));
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    writer.trailers(ctx(), trailers);
    requestEnded = true;
  }

  @Override
  public void flush() {
    writer.flushWaiting(ctx());
    ctx().flush();
  }

  @Override
  public boolean isWritable() {
    return ctx().channel().isWritable();
  }

  @Override
  public void readResponse(boolean on) {
    if (ctx().channel().config().isAutoRead() != on) {
      ctx().channel().config().setAutoRead(on);
    }
  }

  @Override
  public WireBytes bytes() {
    return counts;
  }

  @Override
  public boolean isReusable() {
    return requestEnded && answers.mayFollow() && ctx().channel().isActive();
  }

  @Override
  public void detach() {
    answers.detach();
    readResponse(true);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!answers.read((ByteBuf) message)) {
      var unused = ctx.close();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ResponseReceiver current = answers.receiver();
    if (current != null) {
      current.onReadComplete();
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    ResponseReceiver current = answers.receiver();
    if (current != null) {
      current.onWritabilityChanged(ctx.channel().isWritable());
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    writer.discard();
    answers.onClosed(cut);
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Faults.report(cause);
    cut = true;
    var unused = ctx.close();
  }
}
