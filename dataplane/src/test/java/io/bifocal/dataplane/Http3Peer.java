package io.bifocal.dataplane;

import io.bifocal.dataplane.host.Address;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A server of HTTP/3 that says what it was asked for: method, path, scheme and the body's length.
 * It resets requests for {@code /reset}.
 */
public final class Http3Peer implements AutoCloseable {
  /** How many requests there may be at once on a connection. */
  static final int STREAMS = 20;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel channel;

  Http3Peer(InetAddress ip, X509Bundle own) throws Exception {
    this(new InetSocketAddress(ip, 0), own);
  }

  public Http3Peer(InetSocketAddress at, X509Bundle own) throws Exception {
    this(at, own, "X25519", "P-256");
  }

  /** One that agrees on these curves alone. */
  Http3Peer(InetSocketAddress at, X509Bundle own, String... curves) throws Exception {
    QuicSslContext tls =
        QuicSslContextBuilder.forServer(
                own.getKeyPair().getPrivate(), null, own.getCertificatePath())
            .option(BoringSSLContextOption.GROUPS, curves)
            .applicationProtocols(Http3.supportedApplicationProtocols())
            .build();
    channel =
        new Bootstrap()
            .group(group)
            .channel(NioDatagramChannel.class)
            .handler(
                Http3.newQuicServerCodecBuilder()
                    .sslContext(tls)
                    .maxIdleTimeout(30, TimeUnit.SECONDS)
                    .initialMaxData(10_000_000)
                    .initialMaxStreamDataBidirectionalRemote(1_000_000)
                    .initialMaxStreamsBidirectional(STREAMS)
                    .initialMaxStreamsUnidirectional(100)
                    .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                    .handler(
                        new ChannelInitializer<QuicChannel>() {
                          @Override
                          protected void initChannel(QuicChannel connection) {
                            connection
                                .pipeline()
                                .addLast(
                                    new Http3ServerConnectionHandler(
                                        new ChannelInitializer<QuicStreamChannel>() {
                                          @Override
                                          protected void initChannel(QuicStreamChannel stream) {
                                            stream.pipeline().addLast(new Echo());
                                          }
                                        }));
                          }
                        })
                    .build())
            .bind(at)
            .sync()
            .channel();
  }

  Address.Ip address() {
    return (Address.Ip) Address.of(channel.localAddress());
  }

  /** Is gone, and says nothing of it. */
  void vanish() throws InterruptedException {
    channel.pipeline().addFirst(new Lost());
    channel.close().sync();
  }

  @Override
  public void close() {
    var unused = channel.close();
    var unusedGroup = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** Lets nothing out, good-byes neither. */
  private static final class Lost extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
      promise.setSuccess();
    }
  }

  private static final class Echo extends Http3RequestStreamInboundHandler {
    private static final int INTERNAL_ERROR = Http3ErrorCode.H3_INTERNAL_ERROR.code();

    private String asked = "";
    private long length;

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3HeadersFrame frame) {
      Http3Headers head = frame.headers();
      if (head.path().toString().equals("/reset")) {
        var unused = ((QuicStreamChannel) ctx.channel()).shutdown(INTERNAL_ERROR);
      }
      if (asked.isEmpty()) {
        asked = head.method() + " " + head.path() + " " + head.scheme();
      }
    }

    @Override
    protected void channelRead(ChannelHandlerContext ctx, Http3DataFrame frame) {
      length += frame.content().readableBytes();
      frame.release();
    }

    @Override
    protected void channelInputClosed(ChannelHandlerContext ctx) {
      long thought = asked.contains("/think") ? 5000 : 0;
      var unused = ctx.executor().schedule(() -> answer(ctx), thought, TimeUnit.MILLISECONDS);
    }

    private void answer(ChannelHandlerContext ctx) {
      ByteBuf body = Unpooled.copiedBuffer(asked + " " + length, StandardCharsets.UTF_8);
      Http3Headers head = new DefaultHttp3Headers().status("200");
      head.add("x-peer", "h3");
      var unused = ctx.write(new DefaultHttp3HeadersFrame(head));
      var unusedBody =
          ctx.writeAndFlush(new DefaultHttp3DataFrame(body))
              .addListener(QuicStreamChannel.SHUTDOWN_OUTPUT);
    }
  }
}
