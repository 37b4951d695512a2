package io.bifocal.dataplane;

import io.bifocal.dataplane.worker.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

/** Asks over HTTP/3 with Netty's codec, on a thread of its own, and takes any certificate. */
final class Http3Client implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 20;

  private final Transport transport = Transport.best();
  private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, transport.ioHandlers());

  private final QuicSslContext tls =
      QuicSslContextBuilder.forClient()
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .applicationProtocols(Http3.supportedApplicationProtocols())
          .build();

  /** An answer, as it comes. */
  abstract static class Answer extends Http3RequestStreamInboundHandler {
    CharSequence status = "";
    long length;

    /** It has come to its end. */
    abstract void onEnd();

    @Override
    protected final void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      status = frame.headers().status();
    }

    @Override
    protected final void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      length += frame.content().readableBytes();
      frame.release();
    }

    @Override
    protected final void channelInputClosed(ChannelHandlerContext ctx) {
      onEnd();
    }
  }

  static Http3HeadersFrame get(String authority, String path) {
    DefaultHttp3Headers head = new DefaultHttp3Headers();
    head.method("GET").scheme("https").authority(authority).path(path);
    return new DefaultHttp3HeadersFrame(head);
  }

  /**
   * A connection on a socket of its own.
   *
   * @param window how much of a body may come unread
   */
  QuicChannel connect(SocketAddress to, int window) throws Exception {
    return connecting(socket(window), to).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** A socket for connections. */
  Channel socket(int window) throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channel(transport.udp())
        .handler(
            Http3.newQuicClientCodecBuilder()
                .sslContext(tls)
                .maxIdleTimeout(30, TimeUnit.SECONDS)
                .initialMaxData(10_000_000)
                .initialMaxStreamDataBidirectionalLocal(window)
                .build())
        .bind(0)
        .sync()
        .channel();
  }

  /** A connection, which may not be there yet. */
  static Future<QuicChannel> connecting(Channel socket, SocketAddress to) {
    return QuicChannel.newBootstrap(socket)
        .handler(new Http3ClientConnectionHandler())
        .remoteAddress(to)
        .connect();
  }

  /**
   * Asks on a stream of its own.
   *
   * @param unsent runs when there can be none
   */
  static void ask(
      QuicChannel connection, Http3HeadersFrame request, Answer answer, Runnable unsent) {
    var unused =
        Http3.newRequestStream(
                connection,
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel stream) {
                    stream.pipeline().addLast(answer);
                  }
                })
            .addListener(
                opened -> {
                  if (!opened.isSuccess()) {
                    unsent.run();
                    return;
                  }
                  var unusedSent =
                      ((QuicStreamChannel) opened.getNow())
                          .writeAndFlush(request)
                          .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
                });
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
