package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one HTTP/1.1 connection. Requests are served one by one: what a client sends
 * ahead waits, already parsed, and nothing more is read until its turn.
 */
public final class Http1ServerConnection extends ChannelInboundHandlerAdapter
    implements ServerConnection {
  private final Http1Options options;
  private final ServerEvents events;
  private final Http1Decoders.Requests decoder;
  private final Http1ResponseSender response;
  private final ArrayDeque<Object> ahead = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable RequestReceiver receiver;
  private boolean requestEnded;
  private boolean wantsRequest = true;
  private boolean closing;
  private boolean draining;
  private boolean dispatching;
  // The parser tells the end of every request, even of one that was known to have no body.
  private boolean endToSkip;
  // What comes is not HTTP any more.
  private boolean tunnel;

  private Http1ServerConnection(Http1Options options, ServerEvents events) {
    this.options = options;
    this.events = events;
    this.decoder = new Http1Decoders.Requests(options);
    this.response = new Http1ResponseSender(this, options);
  }

  /** Serves {@code channel} from now on; reading is for the caller to start. */
  public static Http1ServerConnection on(
      Channel channel, Http1Options options, ServerEvents events) {
    Http1ServerConnection connection = new Http1ServerConnection(options, events);
    channel.pipeline().addLast(connection.decoder).addLast(connection);
    return connection;
  }

  private boolean isIdle() {
    return receiver == null;
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_1_1;
  }

  @Override
  public void shutdownNotice() {}

  /** Closes at once, or after the current answer, which then says so. */
  @Override
  public void goAway() {
    draining = true;
    response.closeAfterwards();
    if (isIdle()) {
      close();
    }
  }

  @Override
  public void close() {
    closing = true;
    var unused = ctx().close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  ChannelHandlerContext ctx() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("not on a channel");
    }
    return ctx;
  }

  // ---- requests

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    response.onRead();
    if (closing) {
      ReferenceCountUtil.release(message);
    } else if (tunnel) {
      onTunnelled(message);
    } else if (endToSkip && ahead.isEmpty() && message instanceof LastHttpContent end) {
      endToSkip = false;
      end.release();
    } else if (!ahead.isEmpty() || (receiver != null && requestEnded)) {
      ahead.add(message);
      updateReading();
    } else {
      dispatch(message);
    }
  }

  private void onTunnelled(Object message) {
    RequestReceiver current = receiver;
    if (current != null && message instanceof ByteBuf bytes && !response.ended()) {
      current.onBody(bytes, false);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void dispatch(Object message) {
    if (message instanceof HttpRequest request) {
      onHead(request);
    } else if (message instanceof HttpContent content) {
      onContent(content);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void onHead(HttpRequest request) {
    if (request.decoderResult().cause() instanceof PrematureChannelClosureException) {
      // The client left before it had asked for anything.
      return;
    }
    RequestError error = RequestError.in(request, options);
    if (error != null) {
      refuse(error);
      return;
    }
    RequestHead head;
    try {
      head = RequestHead.of(request, options);
    } catch (RequestTarget.Rejected e) {
      refuse(e.error);
      return;
    }
    if (head.upgrade != null && dispatching) {
      // Of a protocol that follows behind others ahead, bytes may have been taken for HTTP.
      refuse(RequestError.BAD_REQUEST);
      return;
    }
    boolean old = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    response.begin(head, old, !draining && persists(head.headers, old));
    boolean end = head.upgrade == null && !head.announcesBody();
    requestEnded = end;
    endToSkip = end;
    RequestReceiver current = events.onRequest(response);
    receiver = current;
    if (head.upgrade == null) {
      current.onHead(head, end);
    } else {
      tunnel = true;
      current.onHead(head, false);
      // Hands on what it has not parsed.
      if (ctx().pipeline().context(decoder) != null) {
        ctx().pipeline().remove(decoder);
      }
    }
  }

  private static boolean persists(HttpHeaders headers, boolean old) {
    return old ? Http1Writer.saysKeepAlive(headers) : !Http1Writer.saysClose(headers);
  }

  private void onContent(HttpContent content) {
    RequestReceiver current = receiver;
    if (content.decoderResult().isFailure()) {
      content.release();
      refuse(RequestError.BAD_REQUEST);
      return;
    }
    boolean last = content instanceof LastHttpContent;
    if (current == null || requestEnded) {
      content.release();
      return;
    }
    if (last) {
      requestEnded = true;
    }
    if (response.ended()) {
      content.release();
      return;
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

  // The connection is of no more use: what follows cannot be told from the rest of the error.
  @Override
  public void refuse(RequestError error) {
    RequestReceiver current = receiver;
    if (current != null) {
      // Whoever takes the request answers this too, unless the answer has begun.
      current.onReset(ResetReason.PROTOCOL_ERROR);
    }
    receiver = null;
    if (closing) {
      return;
    }
    if (current == null) {
      response.refuse(events.onRequestError(error));
    }
    endConnection();
  }

  // ---- answers

  /** The present answer is whole: the next request's turn, or the end. */
  void onResponseEnded() {
    receiver = null;
    if (!response.keepsAlive()) {
      endConnection();
      return;
    }
    wantsRequest = true;
    if (ahead.isEmpty()) {
      response.flush();
      updateReading();
      events.onIdle();
    } else if (!dispatching) {
      serveAhead();
    }
  }

  private void serveAhead() {
    dispatching = true;
    try {
      while (!closing && (receiver == null || !requestEnded)) {
        Object next = ahead.poll();
        if (next == null) {
          break;
        }
        dispatch(next);
        if (endToSkip && ahead.peek() instanceof LastHttpContent end) {
          endToSkip = false;
          ahead.poll();
          end.release();
        }
      }
    } finally {
      dispatching = false;
    }
    if (!closing) {
      readComplete();
      response.flush();
      updateReading();
      if (receiver == null) {
        events.onIdle();
      }
    }
  }

  /** Whether nothing more is to be written. */
  boolean isClosing() {
    return closing;
  }

  /** Whether the present request is whole. */
  boolean requestEnded() {
    return requestEnded;
  }

  /** Stops or goes on reading the present request's body. */
  void readRequest(boolean on) {
    wantsRequest = on;
    updateReading();
  }

  private void updateReading() {
    boolean on = ahead.isEmpty() && (wantsRequest || requestEnded);
    if (ctx().channel().config().isAutoRead() != on) {
      ctx().channel().config().setAutoRead(on);
    }
  }

  /** The present answer is given up: the close tells the client that it is incomplete. */
  void cutOff() {
    receiver = null;
    response.flushNow();
    close();
  }

  // ---- the end

  // Nothing more is to be answered: closes when what was written has gone out.
  private void endConnection() {
    closing = true;
    releaseAhead();
    response.flushWaiting();
    if (requestEnded && receiver == null && response.ended()) {
      ctx().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    } else {
      DelayedClose.start(ctx(), events);
    }
  }

  private void releaseAhead() {
    for (Object message = ahead.poll(); message != null; message = ahead.poll()) {
      ReferenceCountUtil.release(message);
    }
  }

  // ---- the channel

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    response.onReadComplete();
    readComplete();
    response.flushIfDue();
  }

  private void readComplete() {
    RequestReceiver current = receiver;
    if (current != null) {
      current.onReadComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    RequestReceiver current = receiver;
    if (current != null) {
      current.onWritabilityChanged(ctx.channel().isWritable());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    boolean here = closing;
    closing = true;
    releaseAhead();
    response.discard();
    RequestReceiver current = receiver;
    receiver = null;
    if (current != null) {
      current.onReset(ResetReason.CONNECTION_TERMINATION);
    }
    events.onClosed(here);
  }

  // A reset by the peer, mostly: Netty closes the channel, and channelInactive tells the rest.
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Faults.report(cause);
    var unused = ctx.close();
  }
}
