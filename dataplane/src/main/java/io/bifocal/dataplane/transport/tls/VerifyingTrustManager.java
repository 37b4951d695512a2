package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.handler.ssl.ResumableX509ExtendedTrustManager;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Lets each {@link Handshake} judge its own peer, also when a session is resumed. */
final class VerifyingTrustManager extends X509ExtendedTrustManager
    implements ResumableX509ExtendedTrustManager {
  private final TlsProvider provider;

  VerifyingTrustManager(TlsProvider provider) {
    this.provider = provider;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    reject(Handshake.of(engine).judge(chain));
  }

  @Override
  public void resumeServerTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    Handshake handshake = Handshake.of(engine);
    handshake.resumed();
    reject(handshake.judge(chain));
  }

  private void reject(@Nullable Rejection rejection) throws CertificateException {
    if (rejection == null) {
      return;
    }
    PeerRejectedException rejected = new PeerRejectedException(rejection.reason());
    // BoringSSL tells the peer with an alert that depends on the number.
    throw provider == TlsProvider.BORINGSSL
        ? new OpenSslCertificateException(rejection.reason(), rejected, rejection.number())
        : rejected;
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw withoutEngine();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw withoutEngine();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw withoutEngine();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw withoutEngine();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw withoutEngine();
  }

  @Override
  public void resumeClientTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    throw withoutEngine();
  }

  private static CertificateException withoutEngine() {
    return new CertificateException("only servers are judged, and by their engines");
  }
}
