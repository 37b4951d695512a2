package io.bifocal.conformance.http2;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An upstream of HTTP/2, frame by frame: it answers each path as the script says, whether that is
 * allowed or not, and writes down what it hears.
 */
public final class FrameServer implements AutoCloseable {
  /** What to answer. */
  interface Script {
    /** The head of a request is there. */
    default void onHead(Exchange exchange) {}

    /** A request is whole. */
    default void onEnd(Exchange exchange) {}
  }

  /** Answers every request of HTTP/1.1 that has no body, and no other. */
  static final Script HTTP_1_1 = new Script() {};

  private static final int PREFACE = 24;
  private static final String END = "\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Script script;
  private final Http2Settings settings;
  private final @Nullable SslContext tls;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final Channel server;

  FrameServer(String address, Http2Settings settings, @Nullable SslContext tls, Script script) {
    this.settings = settings;
    this.tls = tls;
    this.script = script;
    this.server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connections.incrementAndGet();
                    if (FrameServer.this.tls != null) {
                      channel.pipeline().addLast(FrameServer.this.tls.newHandler(channel.alloc()));
                    }
                    channel.pipeline().addLast(new Connection());
                  }
                })
            .bind(address, 0)
            .syncUninterruptibly()
            .channel();
  }

  /** Of plain HTTP/2, answering each path by its name. */
  public static FrameServer scripted(String address) {
    return new FrameServer(
        address, new Http2Settings().maxConcurrentStreams(50), null, new Corpus());
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  /** How many were accepted so far. */
  int connections() {
    return connections.get();
  }

  /** Requests and resets, in order; the path comes first. */
  public List<String> heard() {
    return List.copyOf(heard);
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One request, and the way to answer it. */
  final class Exchange {
    final int id;
    final Http2Headers headers;
    private final Connection connection;
    private final StringBuilder body = new StringBuilder();

    Exchange(Connection connection, int id, Http2Headers headers) {
      this.connection = connection;
      this.id = id;
      this.headers = headers;
    }

    String path() {
      return headers.path().toString();
    }

    String body() {
      return body.toString();
    }

    Exchange headers(boolean end, String... headers) {
      Http2Headers all = new DefaultHttp2Headers(false);
      for (int i = 0; i < headers.length; i += 2) {
        all.add(headers[i], headers[i + 1]);
      }
      ChannelHandlerContext ctx = connection.ctx();
      connection.flush(connection.writer.writeHeaders(ctx, id, all, 0, end, ctx.newPromise()));
      return this;
    }

    Exchange data(String text, boolean end) {
      ChannelHandlerContext ctx = connection.ctx();
      ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
      connection.flush(connection.writer.writeData(ctx, id, bytes, 0, end, ctx.newPromise()));
      return this;
    }

    Exchange reset(Http2Error error) {
      ChannelHandlerContext ctx = connection.ctx();
      connection.flush(connection.writer.writeRstStream(ctx, id, error.code(), ctx.newPromise()));
      return this;
    }

    Exchange goAway(int last, Http2Error error) {
      ChannelHandlerContext ctx = connection.ctx();
      connection.flush(
          connection.writer.writeGoAway(
              ctx, last, error.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise()));
      return this;
    }

    Exchange raw(String text) {
      connection.flush(
          connection.ctx().write(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1)));
      return this;
    }

    void close() {
      var unused = connection.ctx().close();
    }

    /** Goes on when the other end has read what was sent so far: a ping asks it. */
    void whenRead(Runnable task) {
      ChannelHandlerContext ctx = connection.ctx();
      connection.unanswered.add(task);
      connection.flush(connection.writer.writePing(ctx, false, id, ctx.newPromise()));
    }

    private void tell() {
      Map<String, String> all = new TreeMap<>();
      headers.forEach(
          header ->
              all.merge(
                  header.getKey().toString(),
                  header.getValue().toString(),
                  (one, two) -> one + " AND " + two));
      all.remove("x-request-id"); // a name made by chance
      heard.add(path() + " " + all + (body.isEmpty() ? "" : " " + body.length() + " bytes"));
    }
  }

  private final class Connection extends ChannelInboundHandlerAdapter {
    private final DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader(false);
    private final DefaultHttp2FrameWriter writer = new DefaultHttp2FrameWriter();
    private final ByteBuf unread = Unpooled.buffer();
    private final Map<Integer, Exchange> exchanges = new ConcurrentHashMap<>();
    private final Queue<Runnable> unanswered = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private boolean begun;

    ChannelHandlerContext ctx() {
      ChannelHandlerContext ctx = context;
      if (ctx == null) {
        throw new IllegalStateException("not on a channel");
      }
      return ctx;
    }

    /** What was written goes out; who cannot be written to is given up. */
    void flush(ChannelFuture written) {
      written.addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
      ctx().flush();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Http2Exception {
      ByteBuf bytes = (ByteBuf) message;
      unread.writeBytes(bytes);
      bytes.release();
      if (script == HTTP_1_1) {
        while (unread.toString(StandardCharsets.ISO_8859_1).contains(END)) {
          unread.skipBytes(unread.toString(StandardCharsets.ISO_8859_1).indexOf(END) + 4);
          flush(ctx.write(Unpooled.copiedBuffer(OK, StandardCharsets.ISO_8859_1)));
        }
        return;
      }
      if (!begun && unread.readableBytes() >= PREFACE) {
        unread.skipBytes(PREFACE);
        begun = true;
        flush(writer.writeSettings(ctx, settings, ctx.newPromise()));
      }
      if (begun) {
        reader.readFrame(ctx, unread, new Frames());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var unused = ctx.close();
    }

    private final class Frames extends Http2FrameAdapter {
      @Override
      public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings theirs) {
        flush(writer.writeSettingsAck(ctx, ctx.newPromise()));
      }

      @Override
      public void onPingRead(ChannelHandlerContext ctx, long data) {
        flush(writer.writePing(ctx, true, data, ctx.newPromise()));
      }

      @Override
      public void onPingAckRead(ChannelHandlerContext ctx, long data) {
        unanswered.remove().run();
      }

      @Override
      public void onHeadersRead(
          ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end) {
        Exchange exchange = new Exchange(Connection.this, id, headers);
        exchanges.put(id, exchange);
        script.onHead(exchange);
        end(exchange, end);
      }

      @Override
      public void onHeadersRead(
          ChannelHandlerContext ctx,
          int id,
          Http2Headers headers,
          int dependency,
          short weight,
          boolean exclusive,
          int padding,
          boolean end) {
        onHeadersRead(ctx, id, headers, padding, end);
      }

      @Override
      public int onDataRead(
          ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end) {
        int length = data.readableBytes() + padding;
        Exchange exchange = exchanges.get(id);
        if (exchange != null) {
          exchange.body.append(data.toString(StandardCharsets.ISO_8859_1));
          if (length > 0) {
            flush(writer.writeWindowUpdate(ctx, id, length, ctx.newPromise()));
            flush(writer.writeWindowUpdate(ctx, 0, length, ctx.newPromise()));
          }
          end(exchange, end);
        }
        return length;
      }

      private void end(Exchange exchange, boolean end) {
        if (end) {
          exchange.tell();
          script.onEnd(exchange);
        }
      }

      @Override
      public void onRstStreamRead(ChannelHandlerContext ctx, int id, long error) {
        Exchange exchange = exchanges.get(id);
        if (exchange != null) {
          heard.add(exchange.path() + " reset " + Http2Error.valueOf(error));
        }
      }
    }
  }
}
