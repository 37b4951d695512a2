package io.bifocal.conformance.stress;

import io.bifocal.conformance.Loopback;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An upstream that answers the path {@code /cluster/act/number} and enters each arrival in the
 * ledger: {@code plain} with the number's own body; {@code cut} with half of it, and a reset;
 * {@code large} with {@link Numbered#LARGE} bytes, {@code endless} with more than anybody reads, no
 * sooner than they are taken.
 */
final class Origin implements AutoCloseable {
  private static final long BEFORE_THE_CUT_MILLIS = 20;
  private static final int BLOCK = 16 * 1024;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final AtomicLong poured = new AtomicLong();
  private final Ledger ledger;
  private final boolean http2;
  private final int port;
  private @Nullable Channel server;

  private Origin(Ledger ledger, boolean http2, int port) {
    this.ledger = ledger;
    this.http2 = http2;
    server = listen(port);
    this.port = ((InetSocketAddress) server.localAddress()).getPort();
  }

  /** One that speaks HTTP/1.1. */
  static Origin http1(Ledger ledger, int port) {
    return new Origin(ledger, false, port);
  }

  /** One that speaks HTTP/2 at once. */
  static Origin http2(Ledger ledger, int port) {
    return new Origin(ledger, true, port);
  }

  InetSocketAddress address() {
    return Loopback.v4(port);
  }

  /** How many bytes of large and endless answers were handed to the system so far. */
  long poured() {
    return poured.get();
  }

  /** Connections that are open. */
  int connections() {
    return connections.size();
  }

  private Channel listen(int port) {
    return new ServerBootstrap()
        .group(group)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.ALLOCATOR, Numbered.ALLOCATOR)
        .childOption(ChannelOption.SO_SNDBUF, BLOCK)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                connections.add(channel);
                if (http2) {
                  channel
                      .pipeline()
                      .addLast(
                          Http2FrameCodecBuilder.forServer()
                              .encoderEnforceMaxRstFramesPerWindow(0, 0)
                              .decoderEnforceMaxRstFramesPerWindow(0, 0)
                              .build())
                      .addLast(new Http2MultiplexHandler(new Streams()));
                } else {
                  channel.pipeline().addLast(new HttpServerCodec(), new Answering());
                }
              }
            })
        .bind(Loopback.v4(port))
        .syncUninterruptibly()
        .channel();
  }

  /** Resets every connection, and listens no longer. */
  void vanish() {
    end(Origin::reset);
  }

  /** The same, but where there is a word for it (GOAWAY) it says so first. */
  void leave() {
    end(
        channel -> {
          var unused = channel.close();
        });
  }

  private void end(Consumer<Channel> close) {
    Channel now = server;
    server = null;
    if (now != null) {
      now.close().syncUninterruptibly();
    }
    connections.forEach(close);
    connections.newCloseFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  /** Listens again where it did. */
  void comeBack() {
    server = listen(port);
  }

  private static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    // Below the codec, which would say good-bye.
    ChannelHandlerContext first = channel.pipeline().firstContext();
    var unused = first == null ? channel.close() : first.close();
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Streams extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel stream) {
      stream.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(true), new Answering());
    }
  }

  private final class Answering extends SimpleChannelInboundHandler<HttpObject> {
    private String path = "";
    private String act = "";
    private int number;
    private int sent;
    private int left;
    private Numbered.@Nullable Reader body;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
      if (message instanceof HttpRequest request) {
        path = request.uri();
        act = path.split("/")[2];
        number = Numbered.ofPath(path);
        body = new Numbered.Reader(number);
        ledger.arrived(number);
      }
      Numbered.Reader reading = body;
      if (message instanceof HttpContent content && reading != null) {
        reading.read(content.content());
        if (message instanceof LastHttpContent) {
          if (!reading.is(Numbered.requestLength(number))) {
            ledger.torn(path);
          }
          answer(ctx);
        }
      }
    }

    private void answer(ChannelHandlerContext ctx) {
      int length = Numbered.answerLength(number);
      switch (act) {
        case "cut" -> cut(ctx, length + 2);
        case "large" -> begin(ctx, Numbered.LARGE);
        case "endless" -> begin(ctx, Integer.MAX_VALUE);
        default -> {
          ByteBuf content = Numbered.bytes(number, length);
          HttpResponse answer =
              new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, content);
          answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
          send(ctx, answer);
        }
      }
    }

    private HttpResponse head(long length) {
      HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
      head.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
      return head;
    }

    private void cut(ChannelHandlerContext ctx, int length) {
      send(ctx, head(length));
      send(ctx, new DefaultHttpContent(Numbered.bytes(number, length / 2)));
      // A reset overtakes what was sent just before it.
      Runnable cut =
          () -> {
            if (ctx.channel() instanceof Http2StreamChannel) {
              send(ctx, new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
            } else {
              reset(ctx.channel());
            }
          };
      var unused = ctx.executor().schedule(cut, BEFORE_THE_CUT_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static void send(ChannelHandlerContext ctx, Object message) {
      var unused = ctx.writeAndFlush(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      pour(ctx);
    }

    private void begin(ChannelHandlerContext ctx, int length) {
      send(ctx, head(length));
      left = length;
      pour(ctx);
    }

    private void pour(ChannelHandlerContext ctx) {
      while (left > 0 && ctx.channel().isWritable() && ctx.channel().isActive()) {
        int length = Math.min(BLOCK, left);
        ByteBuf block = Numbered.bytes(number, sent, length);
        sent += length;
        left -= length;
        var unused =
            ctx.writeAndFlush(
                    left == 0 ? new DefaultLastHttpContent(block) : new DefaultHttpContent(block))
                .addListener(
                    written -> {
                      if (written.isSuccess()) {
                        poured.addAndGet(length);
                      }
                    });
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var unused = ctx.close();
    }
  }
}
