package io.bifocal.dataplane;

import io.bifocal.dataplane.host.Address;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A server over QUIC with a thread of its own, which agrees on HTTP/3; what it says is for others.
 */
class QuicPeer implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  /** Its socket. */
  final Channel channel;

  /**
   * Listens.
   *
   * @param tls what it agrees on
   * @param speaking what it allows, and does with connections and their streams
   */
  QuicPeer(
      InetSocketAddress at, QuicSslContextBuilder tls, Consumer<QuicServerCodecBuilder> speaking)
      throws Exception {
    QuicServerCodecBuilder codec =
        Http3.newQuicServerCodecBuilder()
            .sslContext(tls.build())
            .maxIdleTimeout(30, TimeUnit.SECONDS)
            .initialMaxData(10_000_000)
            .tokenHandler(InsecureQuicTokenHandler.INSTANCE);
    speaking.accept(codec);
    channel =
        new Bootstrap()
            .group(group)
            .channel(NioDatagramChannel.class)
            .handler(codec.build())
            .bind(at)
            .sync()
            .channel();
  }

  /** Shows this certificate. */
  static QuicSslContextBuilder tls(X509Bundle own) {
    return QuicSslContextBuilder.forServer(
            own.getKeyPair().getPrivate(), null, own.getCertificatePath())
        .applicationProtocols(Http3.supportedApplicationProtocols());
  }

  final Address.Ip address() {
    return (Address.Ip) Address.of(channel.localAddress());
  }

  @Override
  public final void close() {
    var unused = channel.close();
    var unusedGroup = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
