package io.bifocal.dataplane.transport.tls;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.quic.BoringSSLContextOption;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import javax.net.ssl.SSLEngine;

/**
 * What the connections of a cluster have in common that speak QUIC. No session is resumed, and
 * nothing is sent before a handshake's end: a resumed peer would not be judged. Thread-safe.
 */
final class UpstreamQuicContext {
  private static final int NO_PORT = -1;

  private final QuicSslContext netty;
  // An engine of QUIC keeps no parameters of others.
  private final Map<SSLEngine, Handshake> handshakes =
      Collections.synchronizedMap(new WeakHashMap<>());

  UpstreamQuicContext(TlsSettings settings) {
    QuicSslContextBuilder builder =
        QuicSslContextBuilder.forClient()
            .trustManager(
                new VerifyingTrustManager(
                    TlsProvider.JDK, engine -> requireNonNull(handshakes.get(engine)), List.of()))
            .endpointIdentificationAlgorithm(null)
            .applicationProtocols("h3")
            .earlyData(false);
    if (!settings.curves().isEmpty()) {
      builder.option(BoringSSLContextOption.GROUPS, settings.curves().toArray(new String[0]));
    }
    OwnCertificate own = settings.certificate();
    if (own != null) {
      builder.keyManager(own.key(), null, own.chain().toArray(new X509Certificate[0]));
    }
    this.netty = builder.build();
    // The library keeps sessions by name, whatever the port.
    netty.sessionContext().setSessionCacheSize(0);
  }

  /** An engine for one more connection. */
  QuicSslEngine engine(ByteBufAllocator allocator, String sni, Handshake handshake) {
    QuicSslEngine engine =
        sni.isEmpty() ? netty.newEngine(allocator) : netty.newEngine(allocator, sni, NO_PORT);
    handshakes.put(engine, handshake);
    return engine;
  }
}
