package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Session;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.quic.PeerWatch;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3GoAwayFrame;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one connection of HTTP/3 (RFC 9114). It stays on its channel while the
 * channel lives, and carries many exchanges at once.
 */
final class Http3ClientConnection extends ChannelInboundHandlerAdapter
    implements ClientConnection, Session, PeerWatch.Line {
  static final AttributeKey<Http3ClientConnection> KEY =
      AttributeKey.valueOf(Http3ClientConnection.class, "codec");

  // Netty ends the connection of whoever sends a larger head, so it is not what is configured.
  private static final int LARGEST_HEAD = 256 * 1024;

  /** What a field counts beside its bytes (RFC 9114, section 4.2.2). */
  private static final int FIELD = 32;

  // Netty keeps the stream of an answer without a regular end as long as its connection.
  private static final int MOST_KEPT = 1000;

  /** A frame that says nothing (RFC 9114, section 7.2.8). */
  private static final byte[] RESERVED = {0x21, 0};

  private final QuicChannel channel;
  private final Loop loop;
  private final Http2Options options;
  private final int limit;
  private final UpstreamStats upstream;
  private final @Nullable PeerWatch watch;
  private final Http3ClientBytes bytes;
  private final Session.Listener pool;
  private final List<Http3ClientStream> streams = new ArrayList<>(4);
  private boolean ending;
  private boolean measured;
  private int kept;
  private @Nullable QuicConnectionCloseEvent closed;

  private Http3ClientConnection(
      QuicChannel channel,
      Loop loop,
      Http2Options options,
      int limit,
      UpstreamStats upstream,
      Session.Listener pool) {
    this.channel = channel;
    this.loop = loop;
    this.options = options;
    this.limit = limit;
    this.upstream = upstream;
    this.watch = PeerWatch.of(channel);
    this.bytes = new Http3ClientBytes(upstream);
    this.pool = pool;
  }

  static Session start(
      QuicChannel channel,
      Loop loop,
      Http2Options options,
      int limit,
      UpstreamStats stats,
      Session.Listener listener) {
    Http3ClientConnection made =
        new Http3ClientConnection(channel, loop, options, limit, stats, listener);
    channel.attr(KEY).set(made);
    if (made.watch != null) {
      made.watch.start(loop, made);
    }
    Http3Settings settings =
        Http3Settings.defaultSettings()
            .maxFieldSectionSize(Math.max(LARGEST_HEAD, 4L * options.limits().maxHeaderBytes()));
    channel
        .pipeline()
        .addLast(
            new Http3ClientConnectionHandler(
                made.new Control(), null, null, new DefaultHttp3SettingsFrame(settings), true),
            made);
    return made;
  }

  // ---- as the pool sees it

  @Override
  public int limit() {
    return limit;
  }

  @Override
  public int room() {
    if (ending) {
      return 0;
    }
    return (int)
        Math.min(limit - streams.size(), channel.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL));
  }

  // ---- exchanges

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_3;
  }

  @Override
  public RequestSender begin(ResponseReceiver receiver) {
    return new Http3ClientStream(this, receiver);
  }

  /** Opens a stream; null when none can be. */
  @Nullable QuicStreamChannel open(Http3ClientStream exchange) {
    if (ending || !channel.isActive()) {
      return null;
    }
    Future<QuicStreamChannel> opened = Http3.newRequestStream(channel, exchange.handler());
    if (!opened.isSuccess()) {
      return null;
    }
    opened.getNow().pipeline().addFirst(bytes);
    streams.add(exchange);
    upstream.http3StreamsActive().inc();
    if (watch != null) {
      watch.asked();
    }
    return opened.getNow();
  }

  /** A stream is no more. */
  void closed(Http3ClientStream exchange) {
    if (streams.remove(exchange)) {
      upstream.http3StreamsActive().dec();
      if (!exchange.inputEnded() && ++kept == MOST_KEPT && !ending) {
        ending = true;
        upstream.http3("cx_unended_streams_overflow").inc();
        pool.onGoingAway();
      }
      if (!ending) {
        pool.onRoom();
      }
      measureOnce();
    }
  }

  private void measureOnce() {
    if (measured || !channel.isActive()) {
      return;
    }
    measured = true;
    Future<QuicConnectionPathStats> stats = channel.collectPathStats(0);
    stats.addListener(
        done -> {
          if (stats.isSuccess()) {
            pool.onRoundTrip(Duration.ofNanos(stats.getNow().rtt()));
          }
        });
  }

  void later(Runnable task) {
    loop.execute(task);
  }

  /**
   * Whether an answer may have such a head.
   *
   * @param bytes of names and values
   */
  boolean admits(HttpHeaders head, long bytes) {
    return head.size() <= options.limits().maxHeaders()
        && bytes + (long) FIELD * head.size() <= options.limits().maxHeaderBytes();
  }

  /** What the peer said when it closed the connection; empty when it did not. */
  String closeDetail() {
    return Http3Resets.text(closed);
  }

  UpstreamStats upstream() {
    return upstream;
  }

  @Nullable Address localAddress() {
    return channel.localSocketAddress() instanceof InetSocketAddress local
        ? Address.of(local)
        : null;
  }

  // ---- what the peer does

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof QuicStreamLimitChangedEvent) {
      if (!ending) {
        pool.onRoom();
      }
    } else if (event instanceof QuicConnectionCloseEvent close) {
      closed = close;
    }
    ctx.fireUserEventTriggered(event);
  }

  // Of a stream that the peer had not begun with, it says so (RFC 9114, section 5.2).
  private void onGoAway(long firstUnknown) {
    ending = true;
    pool.onGoingAway();
    for (Http3ClientStream stream : List.copyOf(streams)) {
      if (stream.id() >= firstUnknown) {
        stream.fail(ResetReason.REMOTE_REFUSED_STREAM_RESET);
      }
    }
  }

  // ---- whether it lives

  @Override
  public boolean isWaiting() {
    return !streams.isEmpty();
  }

  // The library has no PING: a frame on a stream must be acknowledged as well. Its codec never ends
  // the writing of one without content.
  @Override
  public void ping() {
    QuicStreamChannel control = Http3.getLocalControlStream(channel);
    if (control != null) {
      var unused =
          control.pipeline().firstContext().writeAndFlush(Unpooled.wrappedBuffer(RESERVED));
    }
  }

  @Override
  public void onSilence() {
    ending = true;
    upstream.http3("keepalive_timeout").inc();
    var unused = channel.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ending = true;
    if (watch != null) {
      watch.stop();
    }
    for (Http3ClientStream stream : List.copyOf(streams)) {
      stream.fail(ResetReason.CONNECTION_TERMINATION);
    }
    ctx.fireChannelInactive();
  }

  /** The peer's control stream. */
  private final class Control extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      if (frame instanceof Http3GoAwayFrame goAway) {
        onGoAway(goAway.id());
      }
      ReferenceCountUtil.release(frame);
    }
  }
}
