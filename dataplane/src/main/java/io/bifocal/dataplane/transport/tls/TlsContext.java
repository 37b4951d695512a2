package io.bifocal.dataplane.transport.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of a cluster have in common, with one list of protocols to offer: settings,
 * and the sessions that can be resumed. Thread-safe.
 */
final class TlsContext {
  /** Sessions are the cluster's, whichever host they began with: only the name counts. */
  private static final int ANY_PORT = 1;

  private final boolean resumes;
  private final boolean renegotiates;
  private final SslContext netty;

  TlsContext(TlsSettings settings, TlsProvider provider, List<String> alpn, @Nullable KeyLog keyLog)
      throws SSLException {
    this.resumes = settings.sessions() > 0;
    this.renegotiates = settings.renegotiates();
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .endpointIdentificationAlgorithm(null)
            .trustManager(new VerifyingTrustManager(provider, Handshake::of, List.of()))
            .sessionCacheSize(settings.sessions());
    OwnCertificate own = settings.certificate();
    if (own != null) {
      builder.keyManager(own.key(), own.chain());
    }
    if (renegotiates && provider == TlsProvider.BORINGSSL) {
      // The engine forgets to go on after a task in any handshake but the first.
      builder.option(OpenSslContextOption.USE_TASKS, false);
    }
    this.netty = settings.terms(alpn).build(builder, provider);
    if (keyLog != null) {
      keyLog.hear(netty);
    }
    if (netty.sessionContext() instanceof OpenSslSessionContext sessions) {
      sessions.setTicketKeys(); // lets the server keep its sessions in tickets, as Envoy does
    }
  }

  /** A handler for one more connection. */
  SslHandler handler(ByteBufAllocator allocator, String sni, Handshake handshake) {
    SslHandler handler =
        resumes ? netty.newHandler(allocator, key(sni), ANY_PORT) : netty.newHandler(allocator);
    handler.setHandshakeTimeoutMillis(0); // the race has its own
    SSLEngine engine = handler.engine();
    if (engine instanceof ReferenceCountedOpenSslEngine boringSsl) {
      SSLParameters parameters = new SSLParameters();
      parameters.setSNIMatchers(List.of(handshake));
      engine.setSSLParameters(parameters);
      if (!sni.isEmpty()) { // not through the parameters, which take stricter names only
        SSL.setTlsExtHostName(boringSsl.sslPointer(), sni);
      }
      if (!renegotiates) { // Netty's clients do, once
        refuseRenegotiation(boringSsl);
      }
    } else {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setSNIMatchers(List.of(handshake));
      parameters.setServerNames(sni.isEmpty() ? List.of() : List.of(new ServerName(sni)));
      engine.setSSLParameters(parameters);
    }
    return handler;
  }

  private static void refuseRenegotiation(ReferenceCountedOpenSslEngine engine) {
    try {
      SSL.setRenegotiateMode(engine.sslPointer(), SSL.SSL_RENEGOTIATE_NEVER);
    } catch (Exception e) { // as the library declares it
      throw new IllegalStateException(e);
    }
  }

  // A library takes a peer's name with a dot for one to ask for; this one is for its cache only.
  private static String key(String sni) {
    return "/" + sni.replace('.', '/');
  }

  /** Any name at all: a host's name may have an underscore, whatever its standard says. */
  private static final class ServerName extends SNIServerName {
    ServerName(String sni) {
      super(StandardConstants.SNI_HOST_NAME, sni.getBytes(StandardCharsets.UTF_8));
    }
  }
}
