package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one HTTP/1.1 connection. Requests are served one by one: what a client sends
 * ahead waits, already parsed, and nothing more is read until its turn.
 */
public final class Http1ServerConnection extends ChannelInboundHandlerAdapter
    implements ResponseSender {
  // Envoy's delayed_close_timeout: how long a peer may take to see the answer before the close.
  private static final long LINGER_MILLIS = 1000;

  private final Http1Limits limits;
  private final ServerEvents events;
  private final Http1Writer writer = new Http1Writer();
  private final ArrayDeque<Object> ahead = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable RequestReceiver receiver;
  private boolean requestEnded;
  private boolean responseEnded;
  private boolean toHead;
  private boolean keepAlive = true;
  private boolean wantsRequest = true;
  private boolean closing;
  private boolean draining;
  private boolean dispatching;
  private boolean reading;
  private boolean flushDue;
  // The parser tells the end of every request, even of one that was known to have no body.
  private boolean endToSkip;

  private Http1ServerConnection(Http1Limits limits, ServerEvents events) {
    this.limits = limits;
    this.events = events;
  }

  /** Serves {@code channel} from now on; reading is for the caller to start. */
  public static Http1ServerConnection on(Channel channel, Http1Limits limits, ServerEvents events) {
    Http1ServerConnection connection = new Http1ServerConnection(limits, events);
    channel
        .pipeline()
        .addLast(new ByteCounts(events))
        .addLast(new Http1Decoders.Requests(limits.maxHeaderBytes()))
        .addLast(connection);
    return connection;
  }

  /** Whether no request is being served. */
  public boolean isIdle() {
    return receiver == null;
  }

  /** Closes at once, or after the current answer, which then says so. */
  public void drain() {
    draining = true;
    keepAlive = false;
    if (isIdle()) {
      close();
    }
  }

  public boolean isDraining() {
    return draining;
  }

  /** Closes without waiting for anything. */
  public void close() {
    closing = true;
    var unused = ctx().close();
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
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    reading = true;
    if (closing) {
      ReferenceCountUtil.release(message);
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
    RequestError error = check(request);
    if (error != null) {
      refuse(error);
      return;
    }
    HttpHeaders headers = request.headers();
    String method = request.method().name();
    RequestTarget target = RequestTarget.parse(method, request.uri(), headers);
    if (target == null) {
      refuse(RequestError.BAD_REQUEST);
      return;
    }
    toHead = method.equals("HEAD");
    keepAlive = !draining && !Http1Writer.saysClose(headers);
    responseEnded = false;
    boolean hasHost = headers.contains(HttpHeaderNames.HOST);
    headers.remove(HttpHeaderNames.HOST);
    boolean end = !hasBody(headers);
    requestEnded = end;
    endToSkip = end;
    RequestReceiver current = events.onRequest(this);
    receiver = current;
    current.onHead(
        new RequestHead(method, target.path(), target.authority(), hasHost, headers), end);
  }

  private @Nullable RequestError check(HttpRequest request) {
    String coding = request.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
      return RequestError.UNKNOWN_CODING;
    }
    if (request.decoderResult().isFailure()) {
      Throwable cause = request.decoderResult().cause();
      if (cause instanceof TooLongHttpHeaderException
          || cause instanceof TooLongHttpLineException) {
        return RequestError.HEADERS_TOO_LARGE;
      }
      return cause instanceof Http1Decoders.BothLengths
          ? RequestError.BOTH_LENGTHS
          : RequestError.BAD_REQUEST;
    }
    if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      return RequestError.OTHER_VERSION;
    }
    if (!Methods.isKnown(request.method().name())) {
      return RequestError.BAD_REQUEST;
    }
    HttpHeaders headers = request.headers();
    if (headers.size() > limits.maxHeaders()) {
      return RequestError.TOO_MANY_HEADERS;
    }
    return null;
  }

  private static boolean hasBody(HttpHeaders headers) {
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return true;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    return length != null && !length.equals("0");
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
    if (responseEnded) {
      content.release();
      return;
    }
    current.onBody(content.content(), last);
  }

  // The connection is of no more use: what follows cannot be told from the rest of the error.
  private void refuse(RequestError error) {
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
      HttpHeaders headers = events.onRequestError(error);
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      writer.response(ctx(), error.status(), headers, false, false);
      writer.body(ctx(), ByteBufUtil.writeAscii(ctx().alloc(), error.reason()), true);
    }
    lingerAndClose();
  }

  @Override
  public void writeContinue() {
    writer.flushWaiting(ctx());
    var unused = ctx().write(Http1Writer.continueHead(), ctx().voidPromise());
  }

  @Override
  public void writeHead(int status, HttpHeaders headers, boolean end) {
    if (closing) {
      return;
    }
    if (!requestEnded) {
      // The rest of the request would have to be read to keep the connection.
      keepAlive = false;
    }
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    writer.response(ctx(), status, headers, toHead, end);
    if (end) {
      endResponse();
    }
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    if (closing) {
      data.release();
      return;
    }
    writer.body(ctx(), data, end);
    if (end) {
      endResponse();
    }
  }

  private void endResponse() {
    responseEnded = true;
    receiver = null;
    if (!keepAlive) {
      lingerAndClose();
      return;
    }
    wantsRequest = true;
    if (ahead.isEmpty()) {
      flush();
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
      flush();
      updateReading();
      if (receiver == null) {
        events.onIdle();
      }
    }
  }

  // What is answered while bytes are read goes out together, after them.
  @Override
  public void flush() {
    flushDue = reading;
    if (reading) {
      return;
    }
    writer.flushWaiting(ctx());
    ctx().flush();
  }

  @Override
  public boolean isWritable() {
    return ctx().channel().isWritable();
  }

  @Override
  public void readRequest(boolean on) {
    wantsRequest = on;
    updateReading();
  }

  private void updateReading() {
    boolean on = ahead.isEmpty() && (wantsRequest || requestEnded);
    if (ctx().channel().config().isAutoRead() != on) {
      ctx().channel().config().setAutoRead(on);
    }
  }

  @Override
  public void closeAfterwards() {
    keepAlive = false;
  }

  @Override
  public void reset() {
    if (!closing) {
      receiver = null;
      reading = false;
      flush();
      close();
    }
  }

  // A close with unread bytes makes the peer's kernel throw the answer away; so the sending side is
  // closed first, and the rest when the peer has done the same or has had its time.
  private void lingerAndClose() {
    closing = true;
    releaseAhead();
    ChannelHandlerContext ctx = ctx();
    writer.flushWaiting(ctx);
    Channel channel = ctx.channel();
    if (requestEnded && receiver == null && responseEnded) {
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
    var unused =
        ctx.executor()
            .schedule(
                () -> {
                  var unusedClose = channel.close();
                },
                LINGER_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  private void releaseAhead() {
    for (Object message = ahead.poll(); message != null; message = ahead.poll()) {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    reading = false;
    readComplete();
    if (flushDue) {
      flush();
    }
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
    writer.discard();
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
    var unused = ctx.close();
  }
}
