package io.bifocal.dataplane.http.codec;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Address;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.Headers;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Exception;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicException;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamResetException;
import org.jspecify.annotations.Nullable;

/** One exchange on a connection of HTTP/3. Confined to the connection's loop. */
final class Http3ClientStream extends ClientStream {
  private final Http3ClientConnection connection;
  private final ChannelFutureListener onWritten = this::onWritten;
  private final ChannelFutureListener onLastWritten = this::onLastWritten;
  private @Nullable QuicStreamChannel stream;
  private @Nullable AnswerLength length;
  // The peer has ended its side; ours came to no end, as the peer wanted no more.
  private boolean inputEnded;
  private boolean outputFailed;
  private String resetDetail = "";

  Http3ClientStream(Http3ClientConnection connection, ResponseReceiver receiver) {
    super(StreamBytes::aroundHttp3, connection.upstream(), receiver);
    this.connection = connection;
  }

  ChannelHandler handler() {
    return new Inbound();
  }

  /** Whether the peer has ended its side in the regular way. */
  boolean inputEnded() {
    return inputEnded;
  }

  /** Its number; beyond any other while it has none. */
  long id() {
    return stream == null ? Long.MAX_VALUE : stream.streamId();
  }

  // ---- the request

  @Override
  public void writeHead(RequestHead head, boolean end) {
    requestEnded = end;
    length = new AnswerLength(head.method);
    boolean upgrade = head.upgrade != null && !head.isConnect();
    QuicStreamChannel to = upgrade ? null : connection.open(this);
    stream = to;
    if (to == null) {
      // Later: who writes is not told within the call.
      connection.later(() -> fail(ResetReason.LOCAL_RESET));
      return;
    }
    write(to, new DefaultHttp3HeadersFrame(Http3Heads.request(head, this)), end);
  }

  @Override
  public void writeBody(ByteBuf data, boolean end) {
    requestEnded |= end;
    QuicStreamChannel to = stream;
    if (to == null || over || (!end && !data.isReadable())) {
      data.release();
    } else if (data.isReadable()) {
      dataGoes(data.readableBytes());
      write(to, new DefaultHttp3DataFrame(data), end);
    } else {
      data.release();
      write(to, new DefaultHttp3DataFrame(Unpooled.EMPTY_BUFFER), true);
    }
  }

  @Override
  public void writeTrailers(HttpHeaders trailers) {
    requestEnded = true;
    QuicStreamChannel to = stream;
    if (to != null && !over) {
      write(to, new DefaultHttp3HeadersFrame(Http3Heads.trailers(trailers, this)), true);
    }
  }

  private void write(QuicStreamChannel to, Object frame, boolean end) {
    to.write(frame).addListener(end ? onLastWritten : onWritten);
  }

  private void onLastWritten(ChannelFuture done) {
    if (done.isSuccess()) {
      ((QuicStreamChannel) done.channel()).shutdownOutput().addListener(onWritten);
    } else {
      onWritten(done);
    }
  }

  private void onWritten(ChannelFuture done) {
    if (!done.isSuccess()) {
      outputFailed = true;
      closeIfDone();
    }
  }

  // Netty closes a stream by itself only when both sides have come to a regular end.
  private void closeIfDone() {
    if (inputEnded && outputFailed) {
      var unused = requireNonNull(stream).close();
    }
  }

  @Override
  public void flush() {
    if (stream != null) {
      stream.flush();
    }
  }

  @Override
  public boolean isWritable() {
    QuicStreamChannel to = stream;
    return to != null && to.isWritable();
  }

  // ---- the answer

  @Override
  public void readResponse(boolean on) {
    if (stream != null) {
      stream.config().setAutoRead(on);
    }
  }

  private void onHeaders(Http3Headers headers) {
    ResponseReceiver to = receiver;
    if (to == null) {
      return;
    }
    if (!Http3Fields.areGood(headers)) {
      malformed();
      return;
    }
    if (answered) {
      onTrailers(to, headers);
      return;
    }
    onHead(to, headers.status(), headers, false);
  }

  @Override
  void onAnswer(
      ResponseReceiver to,
      int status,
      Headers<CharSequence, CharSequence, ?> headers,
      boolean end) {
    long before = decompressedHeadersReceived();
    HttpHeaders head = Http2Heads.fields(headers, this);
    if (!connection.admits(head, decompressedHeadersReceived() - before)) {
      reject(ResetReason.LOCAL_RESET, Http3ErrorCode.H3_EXCESSIVE_LOAD);
    } else {
      requireNonNull(length).promise(status, head);
      to.onHead(status, head, end);
    }
  }

  private void onTrailers(ResponseReceiver to, Http3Headers trailers) {
    if (requireNonNull(length).isWhole()) {
      responseEnded = true;
      to.onTrailers(Http2Heads.fields(trailers, this));
    } else {
      malformed();
    }
  }

  private void onData(ByteBuf data) {
    dataCame(data.readableBytes());
    ResponseReceiver to = receiver;
    if (to == null) {
      data.release();
    } else if (!answered) {
      data.release();
      reject(ResetReason.PROTOCOL_ERROR, Http3ErrorCode.H3_FRAME_UNEXPECTED);
    } else if (!requireNonNull(length).admit(data.readableBytes())) {
      data.release();
      malformed();
    } else if (data.isReadable()) {
      to.onBody(data, false);
    } else {
      data.release();
    }
  }

  private void onEnd() {
    ResponseReceiver to = receiver;
    if (to == null || responseEnded) {
      return;
    }
    if (answered && requireNonNull(length).isWhole()) {
      responseEnded = true;
      to.onBody(Unpooled.EMPTY_BUFFER, true);
    } else {
      malformed();
    }
  }

  // ---- its end

  @Override
  void malformed() {
    reject(ResetReason.PROTOCOL_ERROR, Http3ErrorCode.H3_MESSAGE_ERROR);
  }

  private void reject(ResetReason reason, Http3ErrorCode code) {
    fail(reason);
    reset(code);
  }

  private void reset(Http3ErrorCode code) {
    QuicStreamChannel of = stream;
    if (of != null && of.isActive()) {
      var unused = of.shutdown(code.code()).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public String resetDetail() {
    return resetDetail.isEmpty() ? connection.closeDetail() : resetDetail;
  }

  @Override
  public @Nullable Address localAddress() {
    return connection.localAddress();
  }

  @Override
  public void detach() {
    receiver = null;
    if (!over && !isReusable()) {
      over = true;
      count(ResetReason.LOCAL_RESET);
      reset(Http3ErrorCode.H3_REQUEST_CANCELLED);
    }
  }

  /** What comes in on the stream. */
  private final class Inbound extends Http3RequestStreamInboundHandler {
    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      onHeaders(frame.headers());
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      onData(frame.content());
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      inputEnded = true;
      onEnd();
      closeIfDone();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      onWritabilityChanged(ctx.channel().isWritable());
    }

    @Override
    protected void handleQuicException(ChannelHandlerContext ctx, QuicException cause) {
      if (cause instanceof QuicStreamResetException reset) {
        resetDetail = Http3Resets.text(reset.applicationProtocolCode());
        fail(Http3Resets.reason(reset.applicationProtocolCode()));
      } else {
        fail(ResetReason.REMOTE_RESET);
      }
      reset(Http3ErrorCode.H3_REQUEST_CANCELLED);
    }

    // Netty counts the bodies too, but knows of no answer without one: what is whole stays so.
    @Override
    protected void handleHttp3Exception(ChannelHandlerContext ctx, Http3Exception cause) {
      if (!responseEnded) {
        reject(ResetReason.PROTOCOL_ERROR, cause.errorCode());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (cause instanceof QuicException || cause instanceof Http3Exception) {
        super.exceptionCaught(ctx, cause);
      } else {
        if (!(cause instanceof IllegalArgumentException)) { // a length that is no number, to Netty
          Faults.report(cause);
        }
        malformed();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      connection.closed(Http3ClientStream.this);
      if (!responseEnded) {
        fail(ResetReason.CONNECTION_TERMINATION);
      }
      ctx.fireChannelInactive();
    }
  }
}
