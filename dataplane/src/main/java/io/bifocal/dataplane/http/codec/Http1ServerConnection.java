package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one HTTP/1.1 connection. Requests are served one by one: what a client sends
 * ahead waits, and nothing more is read until its turn.
 */
public final class Http1ServerConnection extends ChannelInboundHandlerAdapter
    implements ServerConnection {
  private final ServerEvents events;
  private final Http1Requests requests;
  private final Http1ResponseSender response;
  private @Nullable ChannelHandlerContext context;
  private boolean wantsRequest = true;
  private boolean closing;
  private boolean draining;
  private boolean parsing;
  // An answer has ended and nobody has been told yet.
  private boolean answered;
  // What is being parsed, or waits for its turn.
  private @Nullable ByteBuf unparsed;

  private Http1ServerConnection(Http1Options options, ServerEvents events) {
    this.events = events;
    this.requests = new Http1Requests(this, events, options);
    this.response = new Http1ResponseSender(this, options);
  }

  /** Serves {@code channel} from now on; reading is for the caller to start. */
  public static Http1ServerConnection on(
      Channel channel, Http1Options options, ServerEvents events) {
    Http1ServerConnection connection = new Http1ServerConnection(options, events);
    channel.pipeline().addLast(connection);
    return connection;
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
    if (requests.isIdle()) {
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
    ByteBuf bytes = (ByteBuf) message;
    ByteBuf before = unparsed;
    if (before == null && requests.parser().isBetween()) {
      MessageLines.skipEmptyLines(bytes);
    }
    if (closing || !bytes.isReadable()) {
      bytes.release();
      return;
    }
    unparsed = before == null ? bytes : Unpooled.wrappedBuffer(before, bytes);
    parse();
  }

  // Requests whose turn it is, and what comes of the present one.
  private void parse() {
    Http1Parser parser = requests.parser();
    parsing = true;
    try {
      ByteBuf bytes = unparsed;
      while (bytes != null && bytes.isReadable() && !closing && !requests.isAnswering()) {
        if (parser.isBetween()) {
          parser.count();
        }
        parser.read(bytes);
      }
    } finally {
      parsing = false;
      ByteBuf rest = unparsed;
      if (rest != null && (closing || !rest.isReadable())) {
        dropUnparsed();
      }
    }
    if (closing) {
      return;
    }
    if (answered) {
      answered = false;
      response.flush();
      if (requests.isIdle()) {
        events.onIdle();
      }
    }
    updateReading();
  }

  private void dropUnparsed() {
    ByteBuf rest = unparsed;
    if (rest != null && !parsing) {
      unparsed = null;
      rest.release();
    }
  }

  // The connection is of no more use: what follows cannot be told from the rest of the error.
  @Override
  public void refuse(RequestError error) {
    RequestReceiver current = requests.receiver();
    if (current != null) {
      // Whoever takes the request answers this too, unless the answer has begun.
      current.onReset(ResetReason.PROTOCOL_ERROR);
    }
    requests.clear();
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
    requests.clear();
    if (!response.keepsAlive()) {
      endConnection();
      return;
    }
    wantsRequest = true;
    answered = true;
    if (!parsing) {
      boolean ahead = unparsed != null;
      parse();
      if (ahead && !closing) {
        readComplete();
        response.flush();
      }
    }
  }

  Http1Parser parser() {
    return requests.parser();
  }

  Http1ResponseSender response() {
    return response;
  }

  /** Whether the client has been told, or will be, that it can ask for nothing more. */
  boolean isDraining() {
    return draining;
  }

  /** Whether nothing more is to be written. */
  boolean isClosing() {
    return closing;
  }

  /** Whether the present request is whole. */
  boolean requestEnded() {
    return requests.ended();
  }

  /** Stops or goes on reading the present request's body. */
  void readRequest(boolean on) {
    wantsRequest = on;
    updateReading();
  }

  private void updateReading() {
    boolean on = unparsed == null && (wantsRequest || requests.ended());
    if (ctx().channel().config().isAutoRead() != on) {
      ctx().channel().config().setAutoRead(on);
    }
  }

  /** The present answer is given up: the close tells the client that it is incomplete. */
  void cutOff() {
    requests.clear();
    response.flushNow();
    close();
  }

  // ---- the end

  // Nothing more is to be answered: closes when what was written has gone out.
  private void endConnection() {
    closing = true;
    dropUnparsed();
    response.flushWaiting();
    if (requests.ended() && requests.isIdle() && response.ended()) {
      ctx().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    } else {
      DelayedClose.start(ctx(), events);
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
    RequestReceiver current = requests.receiver();
    if (current != null) {
      current.onReadComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    RequestReceiver current = requests.receiver();
    if (current != null) {
      current.onWritabilityChanged(ctx.channel().isWritable());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    boolean here = closing;
    closing = true;
    dropUnparsed();
    response.discard();
    RequestReceiver current = requests.receiver();
    requests.clear();
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
