package io.bifocal.dataplane.transport.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** What the connections of a filter chain have in common, sessions among it. Thread-safe. */
final class ServerTlsContext {
  private final ServerTlsSettings settings;
  private final SslContext netty;

  /** With BoringSSL, whose engine would judge a server's name by rules for hosts' names. */
  private final Map<SSLEngine, Handshake> handshakes = new ConcurrentHashMap<>();

  ServerTlsContext(ServerTlsSettings settings, TlsProvider provider) throws SSLException {
    this.settings = settings;
    PeerVerifier verifier = settings.verifier();
    SslContextBuilder builder =
        SslContextBuilder.forServer(
                keys(new CertificateChooser(settings.certificates(), this::chosen), provider))
            .trustManager(
                new VerifyingTrustManager(
                    provider,
                    this::handshake,
                    verifier == null ? List.of() : verifier.trustedCertificates()))
            .clientAuth(clientAuth(settings))
            .sessionTimeout(settings.sessionTimeout().toSeconds());
    this.netty = settings.terms().build(builder, provider);
    KeyLog keyLog = settings.keyLog();
    if (keyLog != null) {
      keyLog.hear(netty);
    }
    if (netty.sessionContext() instanceof OpenSslServerSessionContext sessions) {
      sessions.setSessionCacheEnabled(settings.cache());
      if (settings.tickets()) {
        sessions.setTicketKeys(settings.ticketKeys().ofLibrary());
      }
    }
  }

  static ClientAuth clientAuth(ServerTlsSettings settings) {
    if (settings.certificateRequired()) {
      return ClientAuth.REQUIRE;
    }
    PeerVerifier verifier = settings.verifier();
    return verifier != null && verifier.judges() ? ClientAuth.OPTIONAL : ClientAuth.NONE;
  }

  private static KeyManagerFactory keys(CertificateChooser chooser, TlsProvider provider) {
    KeyManagerFactory keys = new Keys(chooser);
    // BoringSSL would be handed a key in PEM for each handshake.
    return provider == TlsProvider.BORINGSSL ? new OpenSslCachingX509KeyManagerFactory(keys) : keys;
  }

  @Nullable PeerVerifier verifier() {
    return settings.verifier();
  }

  @Nullable KeyLog keyLog() {
    return settings.keyLog();
  }

  /** A handler for one more connection. */
  SslHandler handler(ByteBufAllocator allocator, Handshake handshake) {
    SslHandler handler = netty.newHandler(allocator);
    handler.setHandshakeTimeoutMillis(0); // the listener has its own
    SSLEngine engine = handler.engine();
    if (engine instanceof ReferenceCountedOpenSslEngine boringSsl) {
      if (settings.clientsCiphers()) {
        SSL.clearOptions(boringSsl.sslPointer(), SSL.SSL_OP_CIPHER_SERVER_PREFERENCE);
      }
      if (!settings.tickets()) { // which Netty allows by TLS 1.3 all the same
        SSL.setOptions(boringSsl.sslPointer(), SSL.SSL_OP_NO_TICKET);
      }
      handshakes.put(engine, handshake);
      handler.handshakeFuture().addListener(done -> handshakes.remove(engine));
    } else {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setSNIMatchers(List.of(handshake));
      parameters.setUseCipherSuitesOrder(!settings.clientsCiphers());
      engine.setSSLParameters(parameters);
    }
    return handler;
  }

  private void chosen(OwnCertificate certificate, SSLEngine engine) {
    Handshake handshake = handshake(engine);
    if (handshake.asksForStatus()) {
      settings.stapling().show(certificate, engine, handshake.stats());
    }
  }

  private Handshake handshake(SSLEngine engine) {
    Handshake known = handshakes.get(engine);
    return known == null ? Handshake.of(engine) : known;
  }

  /** Gives a key manager to those who want a factory. */
  private static final class Keys extends KeyManagerFactory {
    Keys(KeyManager only) {
      super(new Only(only), null, "own certificates");
    }
  }

  private static final class Only extends KeyManagerFactorySpi {
    private final KeyManager only;

    Only(KeyManager only) {
      this.only = only;
    }

    @Override
    protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) {}

    @Override
    protected KeyManager[] engineGetKeyManagers() {
      return new KeyManager[] {only};
    }
  }
}
