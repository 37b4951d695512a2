package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Http2Stats;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What both sides of a connection of HTTP/2 (RFC 9113) have in common. Netty keeps the state of
 * streams and windows; there is no channel for each stream.
 */
abstract sealed class Http2Endpoint extends Http2ConnectionHandler implements Http2Codec
    permits Http2ClientConnection, Http2ServerConnection {
  private final Loop loop;
  private final Http2Options options;
  private final Http2Stats stats;
  private final Http2Streams streams;
  private final Http2Pings pings;
  private @Nullable ChannelHandlerContext context;

  Http2Endpoint(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Loop loop,
      Http2Options options,
      Http2Stats stats) {
    super(decoder, encoder, settings, true);
    this.loop = loop;
    this.options = options;
    this.stats = stats;
    this.streams = new Http2Streams(this, connection());
    this.pings = new Http2Pings(this, loop, options.keepAlive());
    connection().addListener(streams);
    encoder.flowController().listener(streams);
  }

  /** What was written is to go out, at the latest when this turn is over. */
  abstract void flushSoon();

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    super.handlerAdded(ctx); // sends the preface and the settings
    int more = options.connectionWindow() - Http2CodecUtil.DEFAULT_WINDOW_SIZE;
    if (more > 0) {
      decoder().flowController().incrementWindowSize(connection().connectionStream(), more);
    }
    flush(ctx);
    pings.start();
  }

  ChannelHandlerContext ctx() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("not on a channel");
    }
    return ctx;
  }

  /** In another turn of the loop. */
  void later(Runnable task) {
    loop.execute(task);
  }

  Http2Streams streams() {
    return streams;
  }

  Http2Pings pings() {
    return pings;
  }

  // ---- for streams

  ChannelFuture writeData(Http2Stream stream, ByteBuf data, boolean end, int size) {
    stats.pendingSendBytes.add(size);
    ChannelHandlerContext ctx = ctx();
    ChannelFuture written = encoder().writeData(ctx, stream.id(), data, 0, end, ctx.newPromise());
    written.addListener(done -> stats.pendingSendBytes.add(-size));
    return written;
  }

  void reset(Http2Stream stream, Http2Error error) {
    reset(stream.id(), error);
    flushSoon();
  }

  void reset(int id, Http2Error error) {
    stats.txReset.inc();
    var unused = resetStream(ctx(), id, error.code(), ctx().newPromise());
  }

  void consumed(Http2Stream stream, int bytes) {
    try {
      if (decoder().flowController().consumeBytes(stream, bytes)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
  }

  @Override
  public boolean isWritable(Http2Stream stream) {
    return encoder().flowController().isWritable(stream);
  }

  // ---- what the peer does

  @Override
  public void onReset() {
    stats.rxReset.inc();
  }

  // No more memory for the peer's table than our own has.
  @Override
  public void onSettings(Http2Settings settings) {
    Long table = settings.headerTableSize();
    if (table != null && table > options.hpackTableSize()) {
      try {
        encoder()
            .configuration()
            .headersConfiguration()
            .maxHeaderTableSize(options.hpackTableSize());
      } catch (Http2Exception e) {
        onError(ctx(), false, e);
      }
    }
  }

  @Override
  public void onPingAnswered() {
    pings.answered();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    pings.heard();
    super.channelRead(ctx, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    streams.onReadComplete();
    super.channelReadComplete(ctx); // flushes
  }

  // ---- errors

  // A socket that fails ends its connection; nobody has broken the protocol.
  @Override
  public void onError(ChannelHandlerContext ctx, boolean outbound, Throwable cause) {
    if (cause instanceof IOException) {
      var unused = ctx.close();
    } else {
      super.onError(ctx, outbound, cause);
    }
  }

  /** Reports and counts an error of the connection; with what code it is broken off. */
  Http2Error code(boolean outbound, Throwable cause, @Nullable Http2Exception error) {
    Faults.report(cause);
    Http2Error code = error == null ? Http2Error.INTERNAL_ERROR : error.error();
    if (code == Http2Error.ENHANCE_YOUR_CALM) {
      (outbound ? stats.outboundControlFlood : stats.inboundEmptyFramesFlood).inc();
    }
    return code;
  }

  @Override
  public void ping() {
    var unused = encoder().writePing(ctx(), false, 0, ctx().newPromise());
    flush(ctx());
  }

  @Override
  public void onPingTimeout() {
    stats.keepaliveTimeout.inc();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    pings.stop();
    super.channelInactive(ctx); // closes the streams
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) == null) {
      Faults.report(cause);
      var unused = ctx.close();
    } else {
      super.exceptionCaught(ctx, cause);
    }
  }
}
