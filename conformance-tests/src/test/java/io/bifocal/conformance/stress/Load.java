package io.bifocal.conformance.stress;

import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Clients that ask one numbered request after the other until they are stopped. Nothing is asked
 * twice: what a proxy loses is lost. A connection is left when its peer says that it will end
 * ({@code connection: close}, GOAWAY), as RFC 9112 and 9113 have it.
 */
final class Load implements AutoCloseable {
  private static final int PAUSE_MILLIS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final InetSocketAddress proxy;
  private final Ledger ledger;
  private final IntFunction<String> paths;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private volatile boolean stopped;

  /**
   * Nothing yet.
   *
   * @param paths the path for a number, which is its last element
   */
  Load(InetSocketAddress proxy, Ledger ledger, IntFunction<String> paths) {
    this.proxy = proxy;
    this.ledger = ledger;
    this.paths = paths;
  }

  /** So many more connections of HTTP/1.1. */
  Load http1(int lanes) {
    for (int i = 0; i < lanes; i++) {
      begin(new Http1Lane());
    }
    return this;
  }

  /** So many more connections of HTTP/2, each with so many requests at once. */
  Load http2(int links, int lanes) {
    for (int i = 0; i < links; i++) {
      Http2Link link = new Http2Link();
      for (int k = 0; k < lanes; k++) {
        begin(new Http2Lane(link));
      }
    }
    return this;
  }

  private void begin(Lane lane) {
    running.incrementAndGet();
    group.next().execute(lane::next);
  }

  /** How many connections were opened so far. */
  int connections() {
    return connections.get();
  }

  /** Asks no more, and waits for what was asked. */
  void stop() {
    stopped = true;
    await("the last answers").atMost(PATIENCE).until(() -> running.get() == 0);
  }

  @Override
  public void close() {
    stopped = true;
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Bootstrap bootstrap(ChannelInitializer<Channel> initializer) {
    connections.incrementAndGet();
    return new Bootstrap()
        .group(group)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.ALLOCATOR, Numbered.ALLOCATOR)
        .remoteAddress(proxy)
        .handler(initializer);
  }

  /** One request at a time. All run on one event loop. */
  private abstract class Lane {
    final void next() {
      if (stopped) {
        running.decrementAndGet();
        leave();
        return;
      }
      ask(new Answer(ledger, paths.apply(ledger.next()), this::over));
    }

    private void over(boolean keepAlive) {
      if (!keepAlive) {
        leave();
      }
      var unused = group.next().schedule(this::next, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    abstract void ask(Answer answer);

    /** Takes another connection next time. */
    abstract void leave();
  }

  private final class Http1Lane extends Lane {
    private @Nullable Channel channel;

    @Override
    void ask(Answer answer) {
      Channel open = channel;
      if (open != null && open.isActive()) {
        answer.ask(open);
        return;
      }
      bootstrap(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel fresh) {
                  fresh.pipeline().addLast(new HttpClientCodec());
                }
              })
          .connect()
          .addListener(
              (ChannelFuture connected) -> {
                if (connected.isSuccess()) {
                  channel = connected.channel();
                  answer.ask(connected.channel());
                } else {
                  answer.unasked();
                }
              });
    }

    @Override
    void leave() {
      if (channel != null) {
        var unused = channel.close();
        channel = null;
      }
    }
  }

  private final class Http2Lane extends Lane {
    private final Http2Link link;

    Http2Lane(Http2Link link) {
      this.link = link;
    }

    @Override
    void ask(Answer answer) {
      link.ask(answer);
    }

    @Override
    void leave() {
      // A stream is for one request anyway; a connection ends with its last one.
    }
  }

  /** One connection after the other. */
  private final class Http2Link {
    private @Nullable ChannelFuture connection;

    void ask(Answer answer) {
      ChannelFuture open = connection;
      if (open == null || (open.isDone() && !open.channel().isActive())) {
        open = bootstrap(new Connection()).connect();
        connection = open;
      }
      open.addListener(
          (ChannelFuture connected) -> {
            if (connected.isSuccess()) {
              openStream(connected.channel(), answer);
            } else {
              answer.unasked();
            }
          });
    }

    private void openStream(Channel channel, Answer answer) {
      new Http2StreamChannelBootstrap(channel)
          .handler(new Stream())
          .open()
          .addListener(
              (Future<Http2StreamChannel> opened) -> {
                if (opened.isSuccess()) {
                  answer.ask(opened.getNow());
                } else {
                  answer.unasked();
                }
              });
    }

    private final class Connection extends ChannelInitializer<Channel> {
      @Override
      protected void initChannel(Channel channel) {
        channel
            .pipeline()
            .addLast(Http2FrameCodecBuilder.forClient().build())
            .addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()))
            .addLast(new Ear());
      }
    }

    private final class Ear extends ChannelInboundHandlerAdapter {
      @Override
      public void channelRead(ChannelHandlerContext ctx, Object message) {
        ChannelFuture now = connection;
        if (message instanceof Http2GoAwayFrame && now != null && now.channel() == ctx.channel()) {
          connection = null;
        }
        ReferenceCountUtil.release(message);
      }
    }
  }

  private static final class Stream extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel stream) {
      stream.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(false));
    }
  }
}
