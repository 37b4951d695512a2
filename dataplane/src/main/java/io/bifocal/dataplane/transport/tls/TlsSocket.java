package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.HalfClose;
import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * TLS to one host.
 *
 * @param verifier null to accept anybody
 * @param sni the name that is asked for, or empty
 */
record TlsSocket(TlsContext context, @Nullable PeerVerifier verifier, String sni, TlsStats stats)
    implements TransportSocket {
  private static final String STREAM = "tls-stream";

  @Override
  public Future<?> start(Channel connected) {
    Handshake handshake = new Handshake(verifier, sni, stats);
    SslHandler ssl = context.handler(connected.alloc(), sni, handshake);
    TlsStream stream = new TlsStream(ssl, handshake);
    Promise<Void> ready = connected.eventLoop().newPromise();
    ssl.handshakeFuture()
        .addListener(
            done -> {
              Throwable failure = stream.failure(done.cause());
              if (failure == null) {
                handshake.succeeded(ssl.engine().getSession());
                ready.setSuccess(null);
              } else {
                handshake.failed(failure);
                ready.setFailure(new TlsException(TlsErrors.text(failure), failure));
              }
            });
    HalfClose.use(connected, stream);
    connected.pipeline().addLast(STREAM, stream).addBefore(STREAM, null, ssl);
    return ready;
  }
}
