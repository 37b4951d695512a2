package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/**
 * Transport sockets of a filter chain that speak TLS. What its connections share is made when its
 * secrets are there, and serves all workers.
 */
public final class DownstreamTls implements DownstreamSocketFactory {
  private final Secrets secrets;
  private final SecretContext<ServerTlsContext> context;

  DownstreamTls(Secrets secrets, SecretContext<ServerTlsContext> context) {
    this.secrets = secrets;
    this.context = context;
  }

  @Override
  public TransportSocket on(Scope listener, int shard) {
    TlsStats stats = TlsStats.ofListener(listener, shard);
    Cell notReady = SocketFactoryStats.downstreamNotReady(listener, shard);
    return channel -> {
      ServerTlsContext now = context.current();
      if (now == null) {
        notReady.inc();
        return channel.newFailedFuture(TlsException.noSecret());
      }
      return start(now, channel, stats);
    };
  }

  private static Future<?> start(ServerTlsContext context, Channel accepted, TlsStats stats) {
    Handshake handshake = new Handshake(context.verifier(), "", null, stats);
    SslHandler ssl = context.handler(accepted.alloc(), handshake);
    KeyLog keyLog = context.keyLog();
    if (keyLog != null) {
      keyLog.follow(accepted, ssl.engine());
    }
    Future<?> ready = TlsStream.start(accepted, ssl, handshake);
    accepted
        .pipeline()
        .addBefore(accepted.pipeline().context(ssl).name(), null, new FirstBytes(handshake));
    var unused = accepted.pipeline().context(ssl).read(); // the client speaks first
    return ready;
  }

  @Override
  public void start(Scope listener, InitManager init) {
    context.start(listener, secrets, init, SocketFactoryStats.downstreamUpdates(listener)::inc);
  }

  @Override
  public void close() {
    context.close();
  }
}
