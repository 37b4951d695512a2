package io.bifocal.dataplane;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ClientConnectionHandler;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Load of HTTP/3 as fast as it is served, for {@code scripts/bench}: {@code URL CONNECTIONS STREAMS
 * SECONDS}; so many GETs are in flight on each connection. Any certificate is taken. Prints how
 * many succeeded, how many failed, how many did not end, and the 50th and 99th percentile of their
 * times; of no seconds it asks once, and prints the body's length.
 */
final class Http3Load {
  private static final int MOST_TIMES = 4_000_000;
  private static final int PATIENCE_SECONDS = 5;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final InetSocketAddress to;
  private final DefaultHttp3HeadersFrame request;
  private final long end;
  private final long[] times = new long[MOST_TIMES];
  private final AtomicInteger left = new AtomicInteger();
  private int succeeded;
  private int failed;
  private long body;

  private Http3Load(URI url, int seconds) {
    to = new InetSocketAddress(url.getHost(), url.getPort());
    DefaultHttp3Headers head = new DefaultHttp3Headers();
    head.method("GET").scheme("https").authority(url.getAuthority()).path(url.getPath());
    request = new DefaultHttp3HeadersFrame(head);
    end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[3]);
    Http3Load load = new Http3Load(URI.create(args[0]), seconds);
    load.run(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    System.exit(0);
  }

  private void run(int connections, int streams) throws Exception {
    left.set(connections * streams);
    for (int i = 0; i < connections; i++) {
      QuicChannel connection = connect();
      for (int j = 0; j < streams; j++) {
        ask(connection);
      }
    }
    while (left.get() > 0 && System.nanoTime() - end < TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    int many = Math.min(succeeded, MOST_TIMES);
    Arrays.sort(times, 0, many);
    System.out.printf(
        "%d succeeded, %d failed, %d errored; p50 %.3f ms, p99 %.3f ms; a body of %d bytes%n",
        succeeded, failed, left.get(), millis(many / 2), millis(many * 99 / 100), body);
  }

  private double millis(int index) {
    return times[index] / 1e6;
  }

  private QuicChannel connect() throws Exception {
    Channel socket =
        new Bootstrap()
            .group(group)
            .channel(EpollDatagramChannel.class)
            .handler(
                Http3.newQuicClientCodecBuilder()
                    .sslContext(
                        QuicSslContextBuilder.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .applicationProtocols(Http3.supportedApplicationProtocols())
                            .build())
                    .maxIdleTimeout(30, TimeUnit.SECONDS)
                    .initialMaxData(10_000_000)
                    .initialMaxStreamDataBidirectionalLocal(1_000_000)
                    .build())
            .bind(0)
            .sync()
            .channel();
    return QuicChannel.newBootstrap(socket)
        .handler(new Http3ClientConnectionHandler())
        .remoteAddress(to)
        .connect()
        .get(10, TimeUnit.SECONDS);
  }

  private void ask(QuicChannel connection) {
    var unused =
        Http3.newRequestStream(
                connection,
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel stream) {
                    stream.pipeline().addLast(new Answer(connection));
                  }
                })
            .addListener(
                opened -> {
                  if (!opened.isSuccess()) {
                    failed++;
                    return;
                  }
                  var unusedSent =
                      ((QuicStreamChannel) opened.getNow())
                          .writeAndFlush(request)
                          .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
                });
  }

  private final class Answer extends Http3RequestStreamInboundHandler {
    private final QuicChannel connection;
    private final long began = System.nanoTime();
    private boolean good;
    private long length;

    private Answer(QuicChannel connection) {
      this.connection = connection;
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      good = "200".contentEquals(frame.headers().status());
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      length += frame.content().readableBytes();
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      long now = System.nanoTime();
      if (good) {
        body = length;
        if (succeeded < MOST_TIMES) {
          times[succeeded] = now - began;
        }
        succeeded++;
      } else {
        failed++;
      }
      if (now < end) {
        ask(connection);
      } else {
        left.decrementAndGet();
      }
    }
  }
}
