package io.bifocal.dataplane;

import com.google.common.base.Ascii;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What Netty alone takes to serve GETs over HTTP/3 from a server that speaks HTTP/1.1, for {@code
 * scripts/bench}: {@code PORT BACKEND CERTIFICATE}, the last with its key in one file. One loop, no
 * routes, log, statistics, time-outs or limits: no proxy is cheaper on the same libraries.
 */
final class BareHttp3Proxy {
  private static final int WINDOW = 1 << 20;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final InetSocketAddress backend;
  private final Deque<Upstream> idle = new ArrayDeque<>();

  private BareHttp3Proxy(int backend) {
    this.backend = new InetSocketAddress(InetAddress.getLoopbackAddress(), backend);
  }

  public static void main(String[] args) throws Exception {
    var served =
        new BareHttp3Proxy(Integer.parseInt(args[1]))
            .listen(Integer.parseInt(args[0]), new File(args[2]));
    served.closeFuture().sync();
  }

  private Channel listen(int port, File certificate) throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channel(EpollDatagramChannel.class)
        .handler(
            Http3.newQuicServerCodecBuilder()
                .sslContext(
                    QuicSslContextBuilder.forServer(certificate, null, certificate)
                        .applicationProtocols(Http3.supportedApplicationProtocols())
                        .build())
                .maxIdleTimeout(60, TimeUnit.SECONDS)
                .initialMaxData(16L * WINDOW)
                .initialMaxStreamDataBidirectionalRemote(WINDOW)
                .initialMaxStreamsBidirectional(100)
                .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                .handler(
                    new ChannelInitializer<QuicChannel>() {
                      @Override
                      protected void initChannel(QuicChannel connection) {
                        connection.pipeline().addLast(serve());
                      }
                    })
                .build())
        .bind("127.0.0.1", port)
        .sync()
        .channel();
  }

  private Http3ServerConnectionHandler serve() {
    return new Http3ServerConnectionHandler(
        new ChannelInitializer<QuicStreamChannel>() {
          @Override
          protected void initChannel(QuicStreamChannel stream) {
            stream.pipeline().addLast(new Request());
          }
        });
  }

  private final class Request extends Http3RequestStreamInboundHandler {
    private @Nullable Http3Headers head;

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      head = frame.headers();
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      Http3Headers asked = head;
      if (asked != null) {
        forward(asked, (QuicStreamChannel) ctx.channel());
      }
    }
  }

  private void forward(Http3Headers asked, QuicStreamChannel to) {
    Upstream free = idle.poll();
    if (free != null) {
      free.ask(asked, to);
      return;
    }
    Upstream made = new Upstream();
    new Bootstrap()
        .group(group)
        .channel(EpollSocketChannel.class)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                made.channel = channel;
                channel.pipeline().addLast(new HttpClientCodec(), made);
              }
            })
        .connect(backend)
        .addListener(
            connected -> {
              if (connected.isSuccess()) {
                made.ask(asked, to);
              } else {
                var unused = to.close();
              }
            });
  }

  /** A connection to the server: asked one thing at a time. */
  private final class Upstream extends SimpleChannelInboundHandler<HttpObject> {
    private @Nullable Channel channel;
    private @Nullable QuicStreamChannel client;

    private void ask(Http3Headers asked, QuicStreamChannel from) {
      client = from;
      DefaultFullHttpRequest request =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1, HttpMethod.GET, asked.path().toString(), Unpooled.EMPTY_BUFFER);
      request.headers().set(HttpHeaderNames.HOST, asked.authority());
      asked.forEach(
          field -> {
            if (field.getKey().charAt(0) != ':') {
              request.headers().add(field.getKey(), field.getValue());
            }
          });
      if (channel != null) {
        var unused = channel.writeAndFlush(request);
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
      QuicStreamChannel to = client;
      if (to == null) {
        return;
      }
      if (part instanceof HttpResponse response) {
        DefaultHttp3Headers head = new DefaultHttp3Headers();
        head.status(response.status().codeAsText());
        response
            .headers()
            .forEach(field -> head.add(Ascii.toLowerCase(field.getKey()), field.getValue()));
        var unused = to.write(new DefaultHttp3HeadersFrame(head));
      }
      if (part instanceof HttpContent content && content.content().isReadable()) {
        var unused = to.write(new DefaultHttp3DataFrame(content.content().retain()));
      }
      if (part instanceof LastHttpContent) {
        client = null;
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
        idle.push(this);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      idle.remove(this);
      if (client != null) {
        var unused = client.close();
      }
    }
  }
}
