package io.bifocal.dataplane.cli.probe;

import io.netty.channel.Channel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What two peers agreed on.
 *
 * @param protocol e.g. {@code TLSv1.3}
 * @param alpn the application's protocol; null when none was agreed on
 * @param certificate the peer's; null when it showed none
 */
record TlsSession(
    String protocol, String cipher, @Nullable String alpn, @Nullable PeerCertificate certificate) {

  /**
   * Whose certificate it is, who vouches for it, and until when.
   *
   * @param subject a distinguished name
   * @param issuer a distinguished name
   */
  record PeerCertificate(String subject, String issuer, Instant notAfter) {}

  /** Of a connection that is ready; null for a plain one. */
  static @Nullable TlsSession of(Channel channel) {
    if (channel instanceof QuicChannel quic) {
      SSLEngine engine = quic.sslEngine();
      return engine == null ? null : of(engine.getSession(), engine.getApplicationProtocol());
    }
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return tls == null ? null : of(tls.engine().getSession(), tls.applicationProtocol());
  }

  private static TlsSession of(SSLSession session, @Nullable String alpn) {
    return new TlsSession(
        session.getProtocol(), session.getCipherSuite(), alpn, certificate(session));
  }

  private static @Nullable PeerCertificate certificate(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length > 0 && chain[0] instanceof X509Certificate leaf) {
        return new PeerCertificate(
            leaf.getSubjectX500Principal().getName(),
            leaf.getIssuerX500Principal().getName(),
            leaf.getNotAfter().toInstant());
      }
      return null;
    } catch (SSLPeerUnverifiedException anonymous) {
      return null;
    }
  }
}
