package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stream.WireBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Exception;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.quic.QuicException;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** One exchange on a client's connection of HTTP/3. Confined to the connection's loop. */
final class Http3ServerStream extends ChannelInboundHandlerAdapter implements ResponseSender {
  private final Http3ServerConnection connection;
  private final QuicStreamChannel stream;
  private final ChannelFutureListener onWritten = this::onWritten;
  private final Http3StreamEnds ends;
  private final StreamBytes bytes = new StreamBytes(StreamBytes::aroundHttp3);
  private @Nullable RequestReceiver receiver;
  // For the rest of the request's head, or for the client to take the rest of the answer.
  private StreamWait wait = StreamWait.ENDLESS;
  // Kept until it is known whether anything follows.
  private @Nullable RequestHead head;
  // What content-length promises of the body, -1 for nothing, and what has come of it.
  private long promised = -1;
  private long received;
  private boolean lastBytesSeen;
  private boolean requestEnded;
  private boolean responseEnded;
  private boolean over;
  private boolean tunnel;

  Http3ServerStream(Http3ServerConnection connection, QuicStreamChannel stream) {
    this.connection = connection;
    this.stream = stream;
    this.ends = new Http3StreamEnds(this, connection.events());
  }

  /** What is under its frames. */
  Http3StreamEnds ends() {
    return ends;
  }

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_3;
  }

  // ---- the request

  /** Nothing comes after what is read now. */
  void lastBytes() {
    lastBytesSeen = true;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof Http3HeadersFrame frame) {
      onHeaders(frame.headers());
    } else if (message instanceof Http3DataFrame frame) {
      onData(frame.content());
    } else {
      ReferenceCountUtil.release(message); // of a type that nobody knows (RFC 9114, section 9)
    }
  }

  private void onHeaders(Http3Headers headers) {
    if (over || requestEnded || isRefused()) {
      return;
    }
    tellHead(false);
    RequestReceiver to = receiver;
    if (to != null) {
      if (!Http3Fields.areGood(headers)) {
        malformed();
      } else if (hasPromisedLength()) {
        requestEnded = true;
        to.onTrailers(Http2Heads.fields(headers, bytes));
      }
      return;
    }
    RequestHead read =
        Http3Fields.isHead(headers)
            ? Http2Heads.requestHead(headers, connection.options().allowConnect(), bytes)
            : null;
    if (read == null) {
      malformed();
    } else if (!connection.options().limits().admit(read.headers)) {
      boolean many = connection.options().limits().admitSize(read.headers);
      connection
          .events()
          .onRefusedHead(many ? "http3.too_many_headers" : "http3.headers_too_large");
      end(ResetReason.LOCAL_RESET, Http3ErrorCode.H3_EXCESSIVE_LOAD);
    } else {
      head = read;
      promised = headers.getLong(HttpHeaderNames.CONTENT_LENGTH, -1);
    }
  }

  /** Its head took too long: it has been answered, and what comes of it now is late. */
  private boolean isRefused() {
    return responseEnded && receiver == null;
  }

  // What is behind a head ends its stream only.
  private void malformed() {
    if (receiver == null && head == null) {
      connection.malformed(this);
    } else {
      end(ResetReason.PROTOCOL_ERROR, Http3ErrorCode.H3_MESSAGE_ERROR);
    }
  }

  // Whoever is told of the end of a request can rely on its length.
  private boolean hasPromisedLength() {
    if (promised < 0 || promised == received) {
      return true;
    }
    if (receiver == null) {
      connection.events().onRefusedHead("http3.inconsistent_content_length");
    }
    end(ResetReason.INCONSISTENT_LENGTH, Http3ErrorCode.H3_MESSAGE_ERROR);
    return false;
  }

  private void tellHead(boolean end) {
    RequestHead waiting = head;
    if (waiting != null && !over && (!end || hasPromisedLength())) {
      head = null;
      requestEnded = end;
      tunnel = waiting.upgrade != null;
      wait.over();
      RequestReceiver to = connection.events().onRequest(this);
      receiver = to;
      to.onHead(waiting, end);
    }
  }

  private void onData(ByteBuf data) {
    bytes.dataCame(data.readableBytes());
    tellHead(false);
    RequestReceiver to = receiver;
    if (to == null || over || requestEnded || !data.isReadable()) {
      data.release();
    } else {
      received += data.readableBytes();
      to.onBody(data, false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    tellHead(lastBytesSeen);
    if (lastBytesSeen) {
      endRequest();
    }
    RequestReceiver to = receiver;
    if (to != null && !over) {
      to.onReadComplete();
    } else if (to == null && !over && !isRefused() && wait == StreamWait.ENDLESS) {
      wait = connection.events().onHeadAwaited(this);
    }
  }

  private void endRequest() {
    RequestReceiver to = receiver;
    if (to != null && !requestEnded && !over && hasPromisedLength()) {
      requestEnded = true;
      to.onBody(Unpooled.EMPTY_BUFFER, true);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      tellHead(true);
      endRequest();
      RequestReceiver to = receiver;
      if (to == null && !over && !isRefused()) {
        end(ResetReason.PROTOCOL_ERROR, Http3ErrorCode.H3_REQUEST_INCOMPLETE);
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void readRequest(boolean on) {
    if (!over && !requestEnded) {
      stream.config().setAutoRead(on);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    RequestReceiver to = receiver;
    if (to != null && !over && !responseEnded) {
      to.onWritabilityChanged(stream.isWritable());
    }
  }

  // ---- the answer

  @Override
  public void writeInformational(int status, HttpHeaders headers) {
    writeHeaders(Http3Heads.response(status, headers, bytes));
  }

  @Override
  public void writeHead(int status, HttpHeaders headers, boolean end) {
    if (over) {
      return;
    }
    int sent = status;
    if (status == 101) { // an upgrade is a CONNECT that succeeds (RFC 9220, section 3)
      headers.remove(HttpHeaderNames.UPGRADE).remove(HttpHeaderNames.CONNECTION);
      sent = 200;
    }
    writeHeaders(Http3Heads.response(sent, headers, bytes));
    if (end) {
      end();
    }
  }

  private void writeHeaders(Http3Headers headers) {
    if (!over) {
      stream.write(new DefaultHttp3HeadersFrame(headers)).addListener(onWritten);
    }
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    if (over) {
      data.release();
      return;
    }
    if (data.isReadable()) {
      bytes.dataGoes(data.readableBytes());
      stream.write(new DefaultHttp3DataFrame(data)).addListener(onWritten);
    } else {
      data.release();
    }
    if (end) {
      end();
    }
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    writeHeaders(Http3Heads.trailers(trailers, bytes));
    end();
  }

  // The whole answer may be on its way before the request has ended: the client need not go on
  // (RFC 9114, section 4.1).
  private void end() {
    if (over || responseEnded) {
      return;
    }
    responseEnded = true;
    ChannelFuture sent = ends.finish();
    if (!sent.isDone()) {
      wait.over();
      StreamWait taking = connection.events().onAnswerUntaken(this::abandon);
      wait = taking;
      sent.addListener(done -> taking.over());
    }
    if (requestEnded) {
      over = true;
      connection.sending(sent);
      connection.onStreamClosed(this);
    } else {
      sent.addListener(done -> stopRequest());
    }
  }

  // The client has not taken anything for too long.
  private void abandon() {
    over = true;
    var unused = stream.shutdown(Http3ErrorCode.H3_INTERNAL_ERROR.code());
    var unusedClose = stream.close(); // which fails what waits
    connection.onStreamClosed(this);
  }

  private void stopRequest() {
    if (!over) {
      over = true;
      var unused = stream.shutdownInput(Http3ErrorCode.H3_NO_ERROR.code());
      stream.config().setAutoRead(true);
      connection.onStreamClosed(this);
    }
  }

  // Most often the client wants no more of it (STOP_SENDING).
  private void onWritten(ChannelFuture done) {
    if (responseEnded) {
      wait.moved();
    }
    if (!done.isSuccess() && !over) {
      stream.eventLoop().execute(() -> end(ResetReason.REMOTE_RESET, cancelled()));
    }
  }

  private static Http3ErrorCode cancelled() {
    return Http3ErrorCode.H3_REQUEST_CANCELLED;
  }

  @Override
  public WireBytes bytes() {
    return bytes;
  }

  @Override
  public void flush() {
    stream.flush();
  }

  @Override
  public boolean isWritable() {
    return !over && stream.isWritable();
  }

  // The connection carries others.
  @Override
  public void closeAfterwards() {}

  @Override
  public void reset() {
    if (!over) {
      over = true;
      // RFC 9114, section 4.4.
      shut(tunnel ? Http3ErrorCode.H3_CONNECT_ERROR : Http3ErrorCode.H3_INTERNAL_ERROR);
    }
  }

  // ---- its end

  /** Ends it on both sides, and tells who waits. */
  void end(ResetReason reason, Http3ErrorCode code) {
    if (!over) {
      fail(reason);
      shut(code);
    }
  }

  private void shut(Http3ErrorCode code) {
    var unused = stream.shutdown(code.code());
    stream.config().setAutoRead(true); // what comes is nobody's, but has its end
    connection.onStreamClosed(this);
  }

  /** No more comes: who still waits hears why. */
  void fail(ResetReason reason) {
    wait.over();
    boolean waits = !over && !responseEnded;
    over = true;
    RequestReceiver to = receiver;
    if (to != null && waits) {
      to.onReset(reason);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (over) {
      return;
    }
    if (cause instanceof QuicException) {
      end(ResetReason.REMOTE_RESET, cancelled());
    } else if (cause instanceof IllegalArgumentException && receiver == null && head == null) {
      malformed(); // of a content-length, which Netty reads
    } else if (!(cause instanceof Http3Exception http3)) {
      Faults.report(cause);
      malformed();
    } else if (http3.errorCode() != Http3ErrorCode.H3_MESSAGE_ERROR) {
      connection.broken(http3.errorCode(), http3.getMessage());
    } else if (receiver != null && promised >= 0) {
      end(ResetReason.INCONSISTENT_LENGTH, Http3ErrorCode.H3_MESSAGE_ERROR); // by Netty's count
    } else {
      malformed();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    wait.over();
    if (!over) {
      fail(
          stream.parent().isActive()
              ? ResetReason.REMOTE_RESET
              : ResetReason.CONNECTION_TERMINATION);
    }
    connection.onStreamClosed(this);
  }
}
