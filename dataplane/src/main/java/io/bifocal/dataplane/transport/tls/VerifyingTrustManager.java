package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.handler.ssl.ResumableX509ExtendedTrustManager;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Lets each {@link Handshake} judge its own peer, also when a session is resumed. */
final class VerifyingTrustManager extends X509ExtendedTrustManager
    implements ResumableX509ExtendedTrustManager {
  private final TlsProvider provider;
  private final Function<SSLEngine, Handshake> handshakes;
  private final List<X509Certificate> issuers;

  /**
   * @param handshakes which one an engine is doing
   * @param issuers whom a server names to its clients as those that it trusts
   */
  VerifyingTrustManager(
      TlsProvider provider,
      Function<SSLEngine, Handshake> handshakes,
      List<X509Certificate> issuers) {
    this.provider = provider;
    this.handshakes = handshakes;
    this.issuers = List.copyOf(issuers);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    reject(handshakes.apply(engine).judge(chain));
  }

  @Override
  public void resumeServerTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    Handshake handshake = handshakes.apply(engine);
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
    return issuers.toArray(new X509Certificate[0]);
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
    checkServerTrusted(chain, authType, engine);
  }

  @Override
  public void resumeClientTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    resumeServerTrusted(chain, engine);
  }

  private static CertificateException withoutEngine() {
    return new CertificateException("peers are judged by their engines");
  }
}
