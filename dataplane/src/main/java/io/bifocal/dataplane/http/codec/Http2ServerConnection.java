package io.bifocal.dataplane.http.codec;

import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** The server's side of one connection of HTTP/2 (RFC 9113). */
public final class Http2ServerConnection extends Http2Endpoint implements ServerConnection {
  private enum State {
    SERVING,
    /** No request is taken any more; those that have begun are answered. */
    GOING_AWAY,
    CLOSING
  }

  private final Http2ServerOptions options;
  private final Http2ServerStats stats;
  private final ServerEvents events;
  private final Http2Floods floods;
  private final ResetStreams resetStreams = new ResetStreams();
  private State state = State.SERVING;
  private boolean flushDue;

  Http2ServerConnection(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Loop loop,
      Http2ServerOptions options,
      Http2ServerStats stats,
      ServerEvents events) {
    super(decoder, encoder, settings, loop, options.common(), stats.common);
    this.options = options;
    this.stats = stats;
    this.events = events;
    this.floods = new Http2Floods(options, stats);
  }

  /** Serves {@code channel} from now on; reading is for the caller to start. */
  public static Http2ServerConnection on(
      Channel channel,
      Loop loop,
      Http2ServerOptions options,
      Http2ServerStats stats,
      ServerEvents events) {
    Http2ServerConnection made =
        Http2Setup.server(
            options,
            (decoder, encoder, settings) ->
                new Http2ServerConnection(
                    decoder, encoder, settings, loop, options, stats, events));
    channel.pipeline().addLast(made);
    return made;
  }

  // ---- as the connection manager sees it

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_2;
  }

  @Override
  public void shutdownNotice() {
    if (state == State.SERVING) {
      sendGoAway(Integer.MAX_VALUE, Http2Error.NO_ERROR);
    }
  }

  @Override
  public void refuse(RequestError error) {
    close(); // not asked: heads are whole when they are told of
  }

  @Override
  public void goAway() {
    if (state != State.SERVING) {
      return;
    }
    state = State.GOING_AWAY;
    sendGoAway(connection().remote().lastStreamCreated(), Http2Error.NO_ERROR);
    closeIfIdle();
  }

  private void sendGoAway(int lastStreamId, Http2Error code) {
    stats.goAwaySent.inc();
    ChannelHandlerContext ctx = ctx();
    var unused = goAway(ctx, lastStreamId, code.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
    flush(ctx);
  }

  @Override
  public void close() {
    state = State.CLOSING;
    flush(ctx());
    var unused = ctx().close();
  }

  private void closeIfIdle() {
    if (state == State.GOING_AWAY && connection().numActiveStreams() == 0) {
      closeAfterFlush();
    }
  }

  private void closeAfterFlush() {
    state = State.CLOSING;
    flush(ctx());
    DelayedClose.start(ctx(), events);
  }

  // ---- for its streams

  Http1Limits limits() {
    return options.limits();
  }

  boolean allowsConnect() {
    return options.allowConnect();
  }

  ServerEvents events() {
    return events;
  }

  void writeHeaders(Http2Stream stream, Http2Headers headers, boolean end) {
    ChannelHandlerContext ctx = ctx();
    floods.onHeadSent(encoder().writeHeaders(ctx, stream.id(), headers, 0, end, ctx.newPromise()));
    if (floods.isUnread() && state != State.CLOSING) {
      stats.outboundFlood.inc();
      broken();
      close();
    }
  }

  ChannelFuture writeData(Http2Stream stream, ByteBuf data, boolean end) {
    floods.onDataSent();
    return writeData(stream, data, end, data.readableBytes());
  }

  // Where nothing waits there is room for some, however small the client's window: else the head of
  // an answer, to which the window does not apply, would wait for it too.
  @Override
  public boolean isWritable(Http2Stream stream) {
    return super.isWritable(stream)
        || (!encoder().flowController().hasFlowControlled(stream) && ctx().channel().isWritable());
  }

  @Override
  void reset(int id, Http2Error error) {
    resetStreams.add(id);
    super.reset(id, error);
  }

  /** What is written by many streams and from many upstreams within one turn goes out at once. */
  @Override
  void flushSoon() {
    if (!flushDue) {
      flushDue = true;
      later(this::flushDue);
    }
  }

  private void flushDue() {
    if (flushDue) {
      flush(ctx());
    }
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    flushDue = false;
    super.flush(ctx);
  }

  // ---- what the client does

  @Override
  public @Nullable Http2Exchange accept(Http2Stream stream) {
    if (state != State.SERVING) {
      return null;
    }
    floods.onStream();
    stats.common.streamsActive.inc();
    return new Http2ServerStream(this, stream);
  }

  // It opens no more streams; those that it has are served.
  @Override
  public void onGoAway(int lastStreamId) {}

  @Override
  public void onPriority() throws Http2Exception {
    floods.onPriority();
  }

  @Override
  public void onWindowUpdate(int id, int increment) throws Http2Exception {
    Http2Stream stream = connection().stream(id);
    if (stream != null && encoder().flowController().windowSize(stream) == increment) {
      floods.onDataSent(); // what waited for it goes out in a frame of its own
    }
    floods.onWindowUpdate();
  }

  @Override
  public ResetReason closed(Http2Stream stream) {
    return ResetReason.CONNECTION_TERMINATION;
  }

  @Override
  public void onStreamClosed() {
    stats.common.streamsActive.dec();
    if (connection().numActiveStreams() == 0 && state == State.SERVING) {
      events.onIdle();
    } else {
      closeIfIdle();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (state == State.CLOSING) {
      ReferenceCountUtil.release(message);
    } else {
      super.channelRead(ctx, message);
    }
  }

  // ---- errors

  /** A request is none: it ends its stream, or the connection if that is what is configured. */
  void malformed(Http2Stream stream) {
    stats.common.rxMessagingError.inc();
    if (options.common().streamErrors()) {
      fail(stream, ResetReason.PROTOCOL_ERROR, Http2Error.PROTOCOL_ERROR);
    } else {
      breakOff(Http2Error.PROTOCOL_ERROR);
    }
  }

  /** Too much is kept for it while memory is short: that ends it. */
  void endForOverload(Http2Stream stream) {
    fail(stream, ResetReason.OVERLOAD_MANAGER, Http2Error.INTERNAL_ERROR);
  }

  /** A request's head is too large: that ends its stream. */
  void tooLarge(Http2Stream stream) {
    stats.common.headerOverflow.inc();
    fail(stream, ResetReason.LOCAL_RESET, Http2Error.INTERNAL_ERROR);
  }

  // Who waits hears of it first: of a stream that is closed there is nothing more to say.
  private void fail(Http2Stream stream, ResetReason reason, Http2Error error) {
    Http2Exchange exchange = streams().of(stream);
    if (exchange != null) {
      exchange.fail(reason);
    }
    reset(stream, error);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException error) {
    Http2Stream stream = connection().stream(error.streamId());
    if (outbound) {
      super.onStreamError(ctx, true, cause, error);
    } else if (error instanceof Http2Exception.HeaderListSizeException) {
      stats.common.headerOverflow.inc();
      end(stream, error.streamId(), Http2Error.INTERNAL_ERROR);
    } else if (stream == null && error.error() == Http2Error.STREAM_CLOSED) {
      if (!resetStreams.contains(error.streamId())) {
        breakOff(Http2Error.STREAM_CLOSED);
      }
    } else if (error.error() != Http2Error.PROTOCOL_ERROR) {
      end(stream, error.streamId(), error.error());
    } else {
      stats.common.rxMessagingError.inc();
      if (options.common().streamErrors()) {
        end(stream, error.streamId(), error.error());
      } else {
        breakOff(error.error());
      }
    }
  }

  // Of a stream whose head could not be read Netty knows nothing: what follows on it would be taken
  // for one that never was.
  private void end(@Nullable Http2Stream known, int id, Http2Error error) {
    Http2Stream stream = known;
    if (stream == null
        && connection().remote().isValidStreamId(id)
        && !connection().remote().mayHaveCreatedStream(id)) {
      try {
        stream = connection().remote().createStream(id, false);
      } catch (Http2Exception e) {
        stream = null;
      }
    }
    if (stream == null) {
      reset(id, error);
    } else {
      fail(stream, ResetReason.PROTOCOL_ERROR, error);
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception error) {
    breakOff(code(outbound, cause, error));
  }

  // The connection is of no more use.
  private void breakOff(Http2Error code) {
    if (state == State.CLOSING) {
      return;
    }
    events.onConnectionError();
    sendGoAway(connection().remote().lastStreamCreated(), code);
    broken();
    closeAfterFlush();
  }

  // Whoever is being served hears what was wrong before it hears of the close.
  private void broken() {
    state = State.CLOSING;
    streams().failAll(ResetReason.PROTOCOL_ERROR);
  }

  @Override
  public void onPingTimeout() {
    super.onPingTimeout();
    close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    boolean here = state == State.CLOSING;
    state = State.CLOSING;
    super.channelInactive(ctx); // closes the streams
    events.onClosed(here);
  }
}
