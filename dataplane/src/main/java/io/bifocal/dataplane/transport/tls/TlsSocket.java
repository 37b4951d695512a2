package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * TLS to one host, by the newest secrets.
 *
 * @param hostname the host's own name, or empty
 * @param serverName whom to ask for in any case; empty for what is configured
 * @param verifiedName which name the server's certificate must have beside; null for any
 * @param notReady counts connections for which secrets are missing
 */
record TlsSocket(
    SecretContext<UpstreamContexts> contexts,
    ApplicationProtocol protocol,
    String hostname,
    String serverName,
    @Nullable String verifiedName,
    TlsStats stats,
    Cell notReady)
    implements TransportSocket {
  @Override
  public Future<?> start(Channel connected) {
    UpstreamContexts now = contexts.current();
    if (now == null) {
      notReady.inc();
      return connected.newFailedFuture(TlsException.noSecret());
    }
    String sni = serverName.isEmpty() ? now.sni(hostname) : serverName;
    TlsSession.askFor(sni, connected);
    Handshake handshake = new Handshake(now.verifier(), sni, verifiedName, stats);
    SslHandler ssl = now.of(protocol).handler(connected.alloc(), sni, handshake);
    KeyLog keyLog = now.keyLog();
    if (keyLog != null) {
      keyLog.follow(connected, ssl.engine());
    }
    return TlsStream.start(connected, ssl, handshake);
  }
}
