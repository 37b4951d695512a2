package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Http2Stats;
import io.bifocal.dataplane.pool.Session;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one connection of HTTP/2 (RFC 9113). It stays on its channel while the
 * channel lives, and carries many exchanges at once.
 */
public final class Http2ClientConnection extends Http2Endpoint
    implements ClientConnection, Session {
  /** Puts HTTP/2 on channels. */
  public static final Session.Factory SESSIONS = Http2ClientConnection::start;

  static final AttributeKey<Http2ClientConnection> KEY =
      AttributeKey.valueOf(Http2ClientConnection.class, "codec");

  private final Http2Options options;
  private final UpstreamStats upstream;
  private final Http2Stats stats;
  private final Session.Listener pool;
  private @Nullable Address local;
  private int nextId = 1;
  private int limit;
  // Of those that the peer has looked at, once it is going away.
  private int lastKnown = Integer.MAX_VALUE;
  private boolean ending;
  // RFC 8441: the peer says so.
  private boolean allowsConnect;

  Http2ClientConnection(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Loop loop,
      Http2Options options,
      int limit,
      UpstreamStats upstream,
      Session.Listener pool) {
    super(decoder, encoder, settings, loop, options, upstream.http2());
    this.options = options;
    this.limit = limit;
    this.upstream = upstream;
    this.stats = upstream.http2();
    this.pool = pool;
  }

  private static Session start(
      Channel channel,
      Loop loop,
      Http2Options options,
      int limit,
      UpstreamStats stats,
      Session.Listener listener) {
    Http2ClientConnection made =
        Http2Setup.client(
            options,
            (decoder, encoder, settings) ->
                new Http2ClientConnection(
                    decoder, encoder, settings, loop, options, limit, stats, listener));
    channel.attr(KEY).set(made);
    channel.pipeline().addLast(made);
    return made;
  }

  // ---- as the pool sees it

  /** How many headers an answer may have. */
  int maxHeaders() {
    return options.limits().maxHeaders();
  }

  @Override
  public int limit() {
    return limit;
  }

  @Override
  public int room() {
    if (ending) {
      return 0;
    }
    // At the very least Netty must agree.
    boolean open = connection().local().canOpenStream();
    return open ? limit - connection().local().numActiveStreams() : 0;
  }

  // ---- exchanges

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_2;
  }

  @Override
  public RequestSender begin(ResponseReceiver receiver) {
    if (connection().local().numActiveStreams() == 0) {
      pings().used();
    }
    return new Http2ClientStream(this, receiver);
  }

  /** Sends a head; null when no stream can be opened. */
  @Nullable Http2Stream open(Http2ClientStream exchange, Http2Headers headers, boolean end) {
    if (ending || !connection().local().canOpenStream()) {
      return null;
    }
    int id = nextId;
    if (id < 0) {
      exhausted();
      return null;
    }
    nextId += 2;
    var unused = encoder().writeHeaders(ctx(), id, headers, 0, end, ctx().newPromise());
    Http2Stream stream = connection().stream(id);
    if (stream != null) {
      streams().put(stream, exchange);
      stats.streamsActive.inc();
    }
    return stream;
  }

  // After a billion requests.
  private void exhausted() {
    ending = true;
    pool.onGoingAway();
  }

  void writeTrailers(Http2Stream stream, Http2Headers trailers) {
    var unused = encoder().writeHeaders(ctx(), stream.id(), trailers, 0, true, ctx().newPromise());
  }

  /** Whether the peer takes requests for other protocols. */
  boolean allowsConnect() {
    return allowsConnect;
  }

  @Override
  void flushSoon() {
    flush(ctx());
  }

  UpstreamStats upstream() {
    return upstream;
  }

  @Nullable Address localAddress() {
    if (local == null) {
      SocketAddress socket = ctx().channel().localAddress();
      boolean known = socket instanceof InetSocketAddress || socket instanceof DomainSocketAddress;
      local = known ? Address.of(socket) : null;
    }
    return local;
  }

  // ---- what the peer does

  @Override
  public @Nullable Http2Exchange accept(Http2Stream stream) {
    return null;
  }

  @Override
  public void onSettings(Http2Settings settings) {
    Long max = settings.maxConcurrentStreams();
    limit = (int) Math.min(max == null ? limit : max, options.maxConcurrentStreams());
    allowsConnect |= Boolean.TRUE.equals(settings.connectProtocolEnabled());
    super.onSettings(settings);
    pool.onRoom();
  }

  @Override
  public void onGoAway(int lastStreamId) {
    lastKnown = lastStreamId;
    ending = true;
    pool.onGoingAway();
  }

  // Of a stream that the peer had not begun with, it says so; else the connection is gone.
  @Override
  public ResetReason closed(Http2Stream stream) {
    return stream.id() > lastKnown
        ? ResetReason.REMOTE_REFUSED_STREAM_RESET
        : ResetReason.CONNECTION_TERMINATION;
  }

  @Override
  public void onStreamClosed() {
    stats.streamsActive.dec();
    if (!ending) {
      pool.onRoom();
    }
  }

  // ---- its end

  /** An answer is none: it ends its stream, or the connection if that is what is configured. */
  void malformed(Http2ClientStream exchange, Http2Stream stream) {
    stats.rxMessagingError.inc();
    if (options.streamErrors()) {
      fail(exchange, stream, ResetReason.PROTOCOL_ERROR, Http2Error.PROTOCOL_ERROR);
    } else {
      broken();
      var unused = ctx().close();
    }
  }

  /** An answer's head is too large: that ends its stream, and counts as if the peer had. */
  void tooLarge(Http2ClientStream exchange, Http2Stream stream) {
    stats.headerOverflow.inc();
    fail(exchange, stream, ResetReason.REMOTE_RESET, Http2Error.INTERNAL_ERROR);
  }

  // Who waits hears of it first: of a stream that is closed there is nothing more to say.
  private void fail(
      Http2ClientStream exchange, Http2Stream stream, ResetReason reason, Http2Error error) {
    exchange.fail(reason);
    reset(stream, error);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException error) {
    Http2Stream stream = connection().stream(error.streamId());
    if (outbound
        || stream == null
        || !(streams().of(stream) instanceof Http2ClientStream exchange)) {
      super.onStreamError(ctx, outbound, cause, error);
    } else if (error instanceof Http2Exception.HeaderListSizeException) {
      tooLarge(exchange, stream);
    } else if (exchange.isAnswered() || error.error() != Http2Error.PROTOCOL_ERROR) {
      fail(exchange, stream, ResetReason.PROTOCOL_ERROR, error.error());
    } else {
      malformed(exchange, stream);
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception error) {
    Http2Error code = code(outbound, cause, error);
    var unused = goAway(ctx, 0, code.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
    ctx.flush();
    broken();
    var unusedClose = ctx.close();
  }

  // Whoever waits for an answer hears what was wrong before it hears of the close.
  private void broken() {
    ending = true;
    pool.onProtocolError();
    streams().failAll(ResetReason.PROTOCOL_ERROR);
  }

  @Override
  public void onPingTimeout() {
    super.onPingTimeout();
    ending = true;
    var unused = ctx().close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    ending = true;
    super.channelInactive(ctx);
  }
}
