package io.bifocal.dataplane.transport.quic;

import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.DatagramTransport;
import io.bifocal.dataplane.transport.PeerPhrase;
import io.bifocal.dataplane.transport.QuicOptions;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.transport.tls.UpstreamQuicTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicClosedChannelException;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** QUIC to one host. Confined to its worker's loop. */
record UpstreamQuicSocket(
    QuicOptions options, UpstreamQuicTls tls, String hostname, TransportSocketOptions wanted)
    implements DatagramTransport {
  /** The peer's control stream, and two of QPACK's, and some that are unknown (RFC 9114, 6.2). */
  private static final int UNIDIRECTIONAL_STREAMS = 16;

  private static final int UNIDIRECTIONAL_WINDOW = 64 * 1024;

  /** What the peer's streams begin with, each: HTTP/3 adds the rest. */
  private static final ChannelHandler OF_THE_PEER =
      new ChannelInitializer<>() {
        @Override
        protected void initChannel(Channel stream) {}
      };

  @Override
  public UpstreamQuicSocket with(QuicOptions others) {
    return new UpstreamQuicSocket(others, tls, hostname, wanted);
  }

  @Override
  public Attempt connect(Channel datagrams) {
    Promise<Channel> ready = datagrams.eventLoop().newPromise();
    UpstreamQuicTls.Session session = tls.begin(datagrams.alloc(), hostname, wanted);
    if (session == null) {
      var unused = datagrams.close();
      return new Handshaking(ready.setFailure(UpstreamQuicTls.noSecret()), datagrams);
    }
    // Whatever ends it: the attempt does not wait for its time.
    datagrams.closeFuture().addListener(closed -> onClosed(ready));
    PeerWatch watch = new PeerWatch(options.keepAlive());
    datagrams
        .pipeline()
        .addLast(
            new Heard(watch),
            new HandshakeEnd(session.engine()),
            new QuicClientCodecBuilder()
                .sslEngineProvider(connection -> session.engine())
                .maxIdleTimeout(options.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .initialMaxData(options.connectionWindow())
                .initialMaxStreamDataBidirectionalLocal(options.streamWindow())
                .initialMaxStreamDataBidirectionalRemote(0)
                .initialMaxStreamsBidirectional(0)
                .initialMaxStreamDataUnidirectional(UNIDIRECTIONAL_WINDOW)
                .initialMaxStreamsUnidirectional(UNIDIRECTIONAL_STREAMS)
                .build(),
            new SocketErrors(ready, watch));
    Future<QuicChannel> connecting =
        QuicChannel.newBootstrap(datagrams)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the race has its own
            .remoteAddress(datagrams.remoteAddress())
            .handler(new PeerClosed(ready, session, datagrams))
            .streamHandler(OF_THE_PEER)
            .connect();
    connecting.addListener(done -> onConnected(connecting, session, ready, watch, datagrams));
    return new Handshaking(ready, datagrams);
  }

  private static void onClosed(Promise<Channel> ready) {
    if (!ready.isDone()) {
      ready.tryFailure(new QuicException("QUIC: closed before the handshake's end", null));
    }
  }

  private static void onConnected(
      Future<QuicChannel> done,
      UpstreamQuicTls.Session session,
      Promise<Channel> ready,
      PeerWatch watch,
      Channel datagrams) {
    if (done.isSuccess()) {
      QuicChannel connection = done.getNow();
      watch.on(connection);
      var unusedClose = connection.closeFuture().addListener(closed -> close(datagrams));
      TlsSession.askFor(session.sni(), connection);
      session.succeeded();
      // Later: streams opened now would be lost to the library's account of how many there may be.
      connection.eventLoop().execute(() -> onReady(connection, ready));
    } else {
      fail(ready, session, new QuicException(text(done.cause()), done.cause()));
      var unused = datagrams.close();
    }
  }

  private static void fail(
      Promise<Channel> ready, UpstreamQuicTls.Session session, QuicException why) {
    if (!ready.isDone()) {
      String reason = session.failed(why);
      ready.tryFailure(reason == null ? why : new QuicException(reason, why));
    }
  }

  private static void onReady(QuicChannel connection, Promise<Channel> ready) {
    if (!connection.isActive() || !ready.trySuccess(connection)) {
      var unused = connection.close();
    }
  }

  private static void close(Channel datagrams) {
    var unused = datagrams.close();
  }

  private static String text(Throwable cause) {
    QuicConnectionCloseEvent closed =
        cause instanceof QuicClosedChannelException quic ? quic.event() : null;
    return closed == null
        ? "QUIC: " + (cause.getMessage() == null ? "closed" : cause.getMessage())
        : text(closed);
  }

  private static String text(QuicConnectionCloseEvent closed) {
    String said = PeerPhrase.visible(closed);
    return "QUIC: error %d from peer%s"
        .formatted(closed.error(), said.isEmpty() ? "" : ": " + said);
  }

  /** The library would wait until the peer may forget the connection. */
  private static final class PeerClosed extends ChannelInboundHandlerAdapter {
    private final Promise<Channel> ready;
    private final UpstreamQuicTls.Session session;
    private final Channel datagrams;

    PeerClosed(Promise<Channel> ready, UpstreamQuicTls.Session session, Channel datagrams) {
      this.ready = ready;
      this.session = session;
      this.datagrams = datagrams;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof QuicConnectionCloseEvent closed && !ready.isDone()) {
        fail(ready, session, new QuicException(text(closed), null));
        close(datagrams);
      }
      ctx.fireUserEventTriggered(event);
    }
  }

  private record Handshaking(Future<Channel> ready, Channel datagrams) implements Attempt {
    @Override
    public void cancel() {
      var unused = datagrams.close();
    }
  }

  /** Tells of each datagram. */
  private static final class Heard extends ChannelInboundHandlerAdapter {
    private final PeerWatch watch;

    Heard(PeerWatch watch) {
      this.watch = watch;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object datagram) {
      watch.heard();
      ctx.fireChannelRead(datagram);
    }
  }

  /** Nobody listens at that port, or there is no way: known at once, and not only at a time-out. */
  private static final class SocketErrors extends ChannelInboundHandlerAdapter {
    private final Promise<Channel> ready;
    private final PeerWatch watch;

    SocketErrors(Promise<Channel> ready, PeerWatch watch) {
      this.ready = ready;
      this.watch = watch;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, @Nullable Throwable cause) {
      if (!ready.isDone() && ready.tryFailure(cause)) {
        var unused = ctx.close();
      } else {
        watch.refused();
      }
    }
  }
}
