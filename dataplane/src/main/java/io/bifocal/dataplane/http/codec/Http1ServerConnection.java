package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one HTTP/1.1 connection. Requests are served one by one: what a client sends
 * ahead waits, and nothing more is read until its turn.
 */
public final class Http1ServerConnection extends ChannelInboundHandlerAdapter
    implements ServerConnection {
  private final Http1Options options;
  private final ServerEvents events;
  private final Http1RequestParser parser;
  private final Http1ResponseSender response;
  private @Nullable ChannelHandlerContext context;
  private @Nullable RequestReceiver receiver;
  private boolean requestEnded;
  private boolean wantsRequest = true;
  private boolean closing;
  private boolean draining;
  private boolean parsing;
  // An answer has ended and nobody has been told yet.
  private boolean answered;
  // What is being parsed, or waits for its turn.
  private @Nullable ByteBuf unparsed;

  private Http1ServerConnection(Http1Options options, ServerEvents events) {
    this.options = options;
    this.events = events;
    this.parser = new Http1RequestParser(new Requests(), options);
    this.response = new Http1ResponseSender(this, options);
  }

  /** Serves {@code channel} from now on; reading is for the caller to start. */
  public static Http1ServerConnection on(
      Channel channel, Http1Options options, ServerEvents events) {
    Http1ServerConnection connection = new Http1ServerConnection(options, events);
    channel.pipeline().addLast(connection);
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
    ByteBuf bytes = (ByteBuf) message;
    ByteBuf before = unparsed;
    if (before == null && parser.isBetween()) {
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
    parsing = true;
    try {
      ByteBuf bytes = unparsed;
      while (bytes != null && bytes.isReadable() && !closing && !isAnswering()) {
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
      if (isIdle()) {
        events.onIdle();
      }
    }
    updateReading();
  }

  // The request is whole, its answer is not.
  private boolean isAnswering() {
    return receiver != null && requestEnded;
  }

  private void dropUnparsed() {
    ByteBuf rest = unparsed;
    if (rest != null && !parsing) {
      unparsed = null;
      rest.release();
    }
  }

  /** Takes what is found in the bytes. */
  private final class Requests implements Http1Parser.Receiver {
    @Override
    public void onHead(HeaderList headers, Http1Parser.Body body) {
      RequestLine line = parser.line();
      RequestError error = RequestError.in(line, headers, options);
      if (error != null) {
        refuse(error);
        return;
      }
      RequestHead head;
      try {
        head = RequestHead.of(line, headers, options);
      } catch (RequestTarget.Rejected e) {
        refuse(e.error);
        return;
      }
      boolean old = line.version() == RequestLine.Version.HTTP_1_0;
      response.begin(head, old, !draining && persists(head.headers, old));
      boolean end = head.upgrade == null && body == Http1Parser.Body.NONE;
      requestEnded = end;
      RequestReceiver current = events.onRequest(response);
      receiver = current;
      if (head.upgrade != null) {
        parser.tunnel();
      }
      current.onHead(head, end);
    }

    @Override
    public void onBody(ByteBuf data, boolean last) {
      RequestReceiver current = receiver;
      if (last) {
        requestEnded = true;
      }
      if (closing || current == null || response.ended()) {
        data.release();
      } else {
        current.onBody(data, last);
      }
    }

    @Override
    public void onEnd(HttpHeaders trailers) {
      RequestReceiver current = receiver;
      requestEnded = true;
      if (closing || current == null || response.ended()) {
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
      refuse(receiver == null ? RequestError.of(fault, headers) : RequestError.BAD_REQUEST);
    }
  }

  private static boolean persists(HttpHeaders headers, boolean old) {
    return old ? ConnectionOptions.sayKeepAlive(headers) : !ConnectionOptions.sayClose(headers);
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
    return parser;
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
    boolean on = unparsed == null && (wantsRequest || requestEnded);
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
    dropUnparsed();
    response.flushWaiting();
    if (requestEnded && receiver == null && response.ended()) {
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
    dropUnparsed();
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
