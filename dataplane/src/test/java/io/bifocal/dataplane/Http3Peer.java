package io.bifocal.dataplane;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http3.DefaultHttp3DataFrame;
import io.netty.handler.codec.http3.DefaultHttp3Headers;
import io.netty.handler.codec.http3.DefaultHttp3HeadersFrame;
import io.netty.handler.codec.http3.Http3DataFrame;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3Headers;
import io.netty.handler.codec.http3.Http3HeadersFrame;
import io.netty.handler.codec.http3.Http3RequestStreamInboundHandler;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.QuicChannel;
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
public final class Http3Peer extends QuicPeer {
  /** How many requests there may be at once on a connection. */
  static final int STREAMS = 20;

  /** On which peers agree unless they are told otherwise. */
  static final String[] CURVES = {"X25519", "P-256"};

  Http3Peer(InetAddress ip, X509Bundle own) throws Exception {
    this(new InetSocketAddress(ip, 0), own);
  }

  public Http3Peer(InetSocketAddress at, X509Bundle own) throws Exception {
    this(at, own, CURVES);
  }

  /** One that agrees on these curves alone. */
  Http3Peer(InetSocketAddress at, X509Bundle own, String... curves) throws Exception {
    this(at, tls(own).option(BoringSSLContextOption.GROUPS, curves));
  }

  /** One that agrees on what TLS is told. */
  Http3Peer(InetSocketAddress at, QuicSslContextBuilder tls) throws Exception {
    super(
        at,
        tls,
        codec ->
            codec
                .initialMaxStreamDataBidirectionalRemote(1_000_000)
                .initialMaxStreamsBidirectional(STREAMS)
                .initialMaxStreamsUnidirectional(100)
                .handler(new Connections()));
  }

  /** Is gone, and says nothing of it. */
  void vanish() throws InterruptedException {
    channel.pipeline().addFirst(new Lost(0, false));
    channel.close().sync();
  }

  /** Says so many datagrams from now on, and no more. */
  Http3Peer muteAfter(int datagrams) {
    channel.pipeline().addFirst(new Lost(datagrams, false));
    return this;
  }

  /** Says so many datagrams from now on, and then nobody listens at its port. */
  Http3Peer goneAfter(int datagrams) {
    channel.pipeline().addFirst(new Lost(datagrams, true));
    return this;
  }

  private static final class Connections extends ChannelInitializer<QuicChannel> {
    @Override
    protected void initChannel(QuicChannel connection) {
      connection.pipeline().addLast(new Http3ServerConnectionHandler(new Streams()));
    }
  }

  private static final class Streams extends ChannelInitializer<QuicStreamChannel> {
    @Override
    protected void initChannel(QuicStreamChannel stream) {
      stream.pipeline().addLast(new Echo());
    }
  }

  /** Lets so many datagrams out and no more, good-byes neither. */
  private static final class Lost extends ChannelOutboundHandlerAdapter {
    private final boolean closes;
    private int left;

    Lost(int datagrams, boolean closes) {
      this.left = datagrams;
      this.closes = closes;
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (left > 0) {
        left--;
        promise.addListener(sent -> onSent(ctx));
        var unused = ctx.write(message, promise);
      } else {
        ReferenceCountUtil.release(message);
        promise.setSuccess();
      }
    }

    private void onSent(ChannelHandlerContext ctx) {
      if (left == 0 && closes) {
        var unused = ctx.close();
      }
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
