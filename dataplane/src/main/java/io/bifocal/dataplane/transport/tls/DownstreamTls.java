package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/**
 * Transport sockets of a filter chain that speak TLS. What its connections share is made once and
 * serves all workers.
 */
final class DownstreamTls implements DownstreamSocketFactory {
  private final ServerTlsContext context;

  DownstreamTls(ServerTlsContext context) {
    this.context = context;
  }

  @Override
  public TransportSocket on(Scope listener, int shard) {
    TlsStats stats = new TlsStats(listener, shard);
    return channel -> start(channel, stats);
  }

  private Future<?> start(Channel accepted, TlsStats stats) {
    Handshake handshake = new Handshake(context.verifier(), "", stats);
    SslHandler ssl = context.handler(accepted.alloc(), handshake);
    Future<?> ready = TlsStream.start(accepted, ssl, handshake);
    var unused = accepted.pipeline().context(ssl).read(); // the client speaks first
    return ready;
  }
}
