package io.bifocal.dataplane.http.codec;

import static java.util.Objects.requireNonNull;

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
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
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

  private final Http1ResponseParser parser;
  private final Http1Writer writer;
  private final Http1Bytes counts;
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
  // What is being parsed.
  private @Nullable ByteBuf bytes;

  private Http1ClientConnection(Http1Options options) {
    this.options = options;
    this.parser = new Http1ResponseParser(new Responses(), options);
    this.writer = new Http1Writer(options);
    this.counts = new Http1Bytes(parser, writer);
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
    receiver = next;
    counts.begin();
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
    parser.asked(head);
    writer.request(ctx(), head, end);
    requestEnded = end;
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    writer.body(ctx(), data, end);
    requestEnded = end;
    if (end && parser.isUpgrading()) {
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
    // Bytes behind the answer would be taken for the next one.
    return requestEnded
        && responseEnded
        && keepAlive
        && !broken
        && !hasSurplus()
        && ctx().channel().isActive();
  }

  @Override
  public void detach() {
    receiver = null;
    if (!ctx().channel().config().isAutoRead()) {
      ctx().channel().config().setAutoRead(true);
    }
  }

  private boolean hasSurplus() {
    ByteBuf rest = bytes;
    return rest != null && rest.isReadable();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    bytes = in;
    try {
      if (parser.isBetween()) {
        MessageLines.skipEmptyLines(in);
      }
      while (in.isReadable()) {
        if (receiver == null || responseEnded) {
          // Nobody asked for this: what else comes cannot be trusted to be an answer.
          broken = true;
          var unused = ctx.close();
          return;
        }
        parser.read(in);
      }
    } finally {
      bytes = null;
      in.release();
    }
  }

  /** Takes what is found in the bytes. */
  private final class Responses implements Http1Parser.Receiver {
    @Override
    public void onHead(HeaderList headers, Http1Parser.Body body) {
      ResponseReceiver current = requireNonNull(receiver);
      int status = parser.status();
      if (body == Http1Parser.Body.TUNNEL) {
        keepAlive = false;
        current.onHead(status, headers, false);
      } else if (status == 101) { // nobody has asked
        fail(current, ResetReason.PROTOCOL_ERROR);
      } else if (status < 200) {
        if (status == 100 || (status >= 102 && status <= 104)) {
          current.onInformational(status, headers);
        }
      } else if (headers.size() > options.limits().maxHeaders()) {
        fail(current, ResetReason.PROTOCOL_ERROR);
      } else {
        CasedHeaders cased = CasedHeaders.of(headers);
        if (cased != null) {
          cased.cameWith(parser.reason());
        }
        keepAlive = body != Http1Parser.Body.UNTIL_CLOSE && persists(headers);
        bodyFollows = body != Http1Parser.Body.NONE;
        responseEnded = !bodyFollows;
        current.onHead(status, headers, !bodyFollows);
      }
    }

    private boolean persists(HttpHeaders headers) {
      return !headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)
          && (parser.version() != RequestLine.Version.HTTP_1_0
              || ConnectionOptions.sayKeepAlive(headers));
    }

    @Override
    public void onBody(ByteBuf data, boolean last) {
      ResponseReceiver current = receiver;
      responseEnded = last;
      if (current == null) {
        data.release();
      } else {
        current.onBody(data, last);
      }
    }

    @Override
    public void onEnd(HttpHeaders trailers) {
      ResponseReceiver current = receiver;
      responseEnded = true;
      if (current == null) {
        return;
      }
      if (options.trailers() && !trailers.isEmpty()) {
        current.onTrailers(trailers);
      } else {
        current.onBody(Unpooled.EMPTY_BUFFER, true);
      }
    }

    @Override
    public void onFault(Http1Parser.Fault fault, HeaderList headers) {
      ResponseReceiver current = receiver;
      if (current != null) {
        fail(current, ResetReason.PROTOCOL_ERROR);
      }
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
    parser.onClosed();
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
