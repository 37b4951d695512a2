package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * TLS to one host.
 *
 * @param verifier null to accept anybody
 * @param sni the name that is asked for, or empty
 */
record TlsSocket(TlsContext context, @Nullable PeerVerifier verifier, String sni, TlsStats stats)
    implements TransportSocket {
  @Override
  public Future<?> start(Channel connected) {
    Handshake handshake = new Handshake(verifier, sni, stats);
    SslHandler ssl = context.handler(connected.alloc(), sni, handshake);
    return TlsStream.start(connected, ssl, handshake);
  }
}
