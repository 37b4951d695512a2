package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.bifocal.dataplane.transport.HalfClose;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
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

  private final Http1Decoders.Responses decoder;
  private final Http1Writer writer;
  private final Http1Options options;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ResponseReceiver receiver;
  private boolean requestEnded = true;
  private boolean responseEnded = true;
  private boolean bodyFollows;
  private boolean keepAlive = true;
  private boolean broken;
  private boolean cut;
  private @Nullable Address local;
  // The parser tells the end of every answer, even of one that was known to have no body.
  private boolean endToSkip;

  // What follows the answer's head is not HTTP.
  private boolean tunnel;

  private Http1ClientConnection(Http1Options options) {
    this.options = options;
    this.decoder = new Http1Decoders.Responses(options);
    this.writer = new Http1Writer(options);
  }

  /** The codec of a channel; put there at its first use. */
  static Http1ClientConnection of(Channel channel, Http1UpstreamOptions options) {
    Http1ClientConnection known = channel.attr(KEY).get();
    if (known != null) {
      return known;
    }
    Http1ClientConnection made = new Http1ClientConnection(Http1Options.of(options));
    channel.attr(KEY).set(made);
    channel.pipeline().addLast(made.decoder).addLast(made);
    return made;
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_1_1;
  }

  @Override
  public RequestSender begin(ResponseReceiver next) {
    receiver = next;
    requestEnded = false;
    responseEnded = false;
    bodyFollows = false;
    keepAlive = true;
    if (!ctx().channel().config().isAutoRead()) {
      ctx().channel().config().setAutoRead(true);
    }
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
    decoder.toHead = "HEAD".equals(head.method);
    decoder.upgrading = head.upgrade == null ? null : head;
    writer.request(ctx(), head, end);
    requestEnded = end;
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    writer.body(ctx(), data, end);
    requestEnded = end;
    if (end && decoder.upgrading != null) {
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
  public boolean isReusable() {
    // Bytes behind the answer would be taken for the next one.
    return requestEnded
        && responseEnded
        && keepAlive
        && !broken
        && !decoder.hasSurplus()
        && ctx().channel().isActive();
  }

  @Override
  public void detach() {
    receiver = null;
    if (!ctx().channel().config().isAutoRead()) {
      ctx().channel().config().setAutoRead(true);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ResponseReceiver current = receiver;
    if (endToSkip && message instanceof LastHttpContent end) {
      endToSkip = false;
      end.release();
    } else if (tunnel && current != null && message instanceof ByteBuf bytes) {
      current.onBody(bytes, false);
    } else if (current == null || responseEnded) {
      // Nobody asked for this: what else comes cannot be trusted to be an answer.
      broken = true;
      var unused = ctx.close();
      ReferenceCountUtil.release(message);
    } else if (message instanceof HttpResponse response) {
      onHead(current, response);
    } else if (message instanceof HttpContent content) {
      onContent(current, content);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void onHead(ResponseReceiver current, HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      boolean closed = response.decoderResult().cause() instanceof PrematureChannelClosureException;
      fail(current, closed ? ResetReason.CONNECTION_TERMINATION : ResetReason.PROTOCOL_ERROR);
      return;
    }
    int status = response.status().code();
    HttpHeaders headers = response.headers();
    RequestHead upgrading = decoder.upgrading;
    if (upgrading != null && upgrading.upgradedBy(status)) {
      tunnel = true;
      endToSkip = true;
      keepAlive = false;
      current.onHead(status, headers, false);
      return;
    }
    if (status < 200) {
      endToSkip = true;
      if (status == 101) { // nobody has asked
        fail(current, ResetReason.PROTOCOL_ERROR);
      } else if (status == 100 || (status >= 102 && status <= 104)) {
        current.onInformational(status, headers);
      }
      return;
    }
    if (headers.size() > options.limits().maxHeaders()) {
      fail(current, ResetReason.PROTOCOL_ERROR);
      return;
    }
    CasedHeaders cased = CasedHeaders.of(headers);
    if (cased != null) {
      cased.cameWith(response.status().reasonPhrase());
    }
    keepAlive = HttpUtil.isKeepAlive(response);
    bodyFollows = bodyFollows(status, headers);
    if (!bodyFollows) {
      responseEnded = true;
      endToSkip = true;
    }
    current.onHead(status, headers, !bodyFollows);
  }

  private boolean bodyFollows(int status, HttpHeaders headers) {
    if (decoder.toHead || status == 204 || status == 304) {
      return false;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    if (length == null && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      // The body ends with the connection.
      keepAlive = false;
    }
    return length == null || !length.equals("0");
  }

  private void onContent(ResponseReceiver current, HttpContent content) {
    if (content.decoderResult().isFailure()) {
      content.release();
      fail(current, ResetReason.PROTOCOL_ERROR);
      return;
    }
    boolean last = content instanceof LastHttpContent;
    if (last) {
      responseEnded = true;
    }
    if (last && options.trailers() && !((LastHttpContent) content).trailingHeaders().isEmpty()) {
      HttpHeaders trailers = ((LastHttpContent) content).trailingHeaders();
      if (content.content().isReadable()) {
        current.onBody(content.content(), false);
      } else {
        content.release();
      }
      current.onTrailers(trailers);
    } else {
      current.onBody(content.content(), last);
    }
  }

  private void fail(ResponseReceiver current, ResetReason reason) {
    broken = true;
    receiver = null;
    current.onReset(reason);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ResponseReceiver current = receiver;
    if (current != null) {
      current.onReadComplete();
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    ResponseReceiver current = receiver;
    if (current != null) {
      current.onWritabilityChanged(ctx.channel().isWritable());
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    broken = true;
    writer.discard();
    ResponseReceiver current = receiver;
    receiver = null;
    if (current != null) {
      // An orderly close within a body of known length is the peer's mistake, as Envoy sees it.
      current.onReset(
          bodyFollows && !responseEnded && !cut
              ? ResetReason.PROTOCOL_ERROR
              : ResetReason.CONNECTION_TERMINATION);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Faults.report(cause);
    cut = true;
    var unused = ctx.close();
  }
}
