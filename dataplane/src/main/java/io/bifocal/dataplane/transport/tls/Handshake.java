package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.StandardConstants;
import org.jspecify.annotations.Nullable;

/**
 * One connection's handshake, as far as it is to be judged and counted.
 *
 * <p>A trust manager serves all connections of a context and is told of an engine only, which is
 * not the one that we hold when it is the JDK's. What both are sure to share are its parameters:
 * the handshake goes among them as what it looks like, a matcher of server names, all of which it
 * takes.
 */
final class Handshake extends SNIMatcher {
  private final @Nullable PeerVerifier verifier;
  private final String sni;
  private final @Nullable String wanted;
  private final PeerRules rules;
  private final TlsStats stats;
  private String askedOfUs = "";
  private boolean resumed;
  private boolean judged;
  private volatile @Nullable Rejection rejected;
  private volatile boolean validated;
  private String first = "";
  private boolean asksForStatus;

  /**
   * @param verifier of the peer, or null to accept anybody
   * @param sni the name that is asked for, or empty
   * @param wanted a name that the peer must have in any case, or null
   */
  Handshake(@Nullable PeerVerifier verifier, String sni, @Nullable String wanted, TlsStats stats) {
    this(verifier, sni, wanted, PeerRules.VERIFIED, stats);
  }

  /** The same, and more is asked of the peer. */
  Handshake(
      @Nullable PeerVerifier verifier,
      String sni,
      @Nullable String wanted,
      PeerRules rules,
      TlsStats stats) {
    super(StandardConstants.SNI_HOST_NAME);
    this.verifier = verifier;
    this.sni = sni;
    this.wanted = wanted;
    this.rules = rules;
    this.stats = stats;
  }

  @Override
  public boolean matches(SNIServerName name) {
    return true;
  }

  /** The handshake that an engine is doing. */
  static Handshake of(SSLEngine engine) {
    Collection<SNIMatcher> matchers = engine.getSSLParameters().getSNIMatchers();
    if (matchers != null) {
      for (SNIMatcher matcher : matchers) {
        if (matcher instanceof Handshake handshake) {
          return handshake;
        }
      }
    }
    throw new IllegalStateException("an engine of another");
  }

  /**
   * Judges the peer.
   *
   * @return why it must not be accepted, or null
   */
  @Nullable Rejection judge(X509Certificate[] chain) {
    judged = true;
    rejected = refused(chain[0]);
    if (rejected == null) {
      rejected = found(chain);
    }
    return rejected;
  }

  /** Whoever signed it. Counted by no statistic, as with Envoy. */
  private @Nullable Rejection refused(X509Certificate peer) {
    if (wanted != null && (verifier == null || !verifier.judges())) {
      return Rejection.UNVERIFIABLE;
    }
    return rules == PeerRules.VERIFIED ? null : QuicTerms.rejection(peer.getPublicKey());
  }

  private @Nullable Rejection found(X509Certificate[] chain) {
    Rejection rejection = verifier == null ? null : verifier.verify(List.of(chain), sni, wanted);
    if (rejection != null) {
      stats.found(rejection.finding());
    }
    if (rejection != null && (verifier == null || !verifier.acceptsUntrusted())) {
      return rejection;
    }
    if (rules == PeerRules.VERIFIED_AND_NAMED && !SanMatcher.dns(sni).matches(chain[0])) {
      Rejection otherHost = Rejection.otherHost(sni);
      stats.found(otherHost.finding());
      return otherHost;
    }
    validated = rejection == null && verifier != null && verifier.judges();
    return null;
  }

  /**
   * Judges a peer that has resumed a session, where the library has not asked for that.
   *
   * @return why it must not be accepted, or null
   */
  @Nullable PeerRejectedException judgeResumed(SSLEngine engine) {
    if (judged) {
      return null;
    }
    try {
      Certificate[] chain = engine.getSession().getPeerCertificates();
      Rejection rejection = judge(Arrays.copyOf(chain, chain.length, X509Certificate[].class));
      return rejection == null ? null : new PeerRejectedException(rejection.reason());
    } catch (SSLPeerUnverifiedException e) {
      return null; // it shows none
    }
  }

  /** Whether the peer was found to be one of those who are trusted, and is not merely accepted. */
  boolean validated() {
    return validated;
  }

  /** Why the peer was not accepted, if it was not. */
  @Nullable Rejection rejection() {
    return rejected;
  }

  /** The client asks for that server; told of where its session does not tell. */
  void asked(String server) {
    askedOfUs = server;
  }

  String askedOfUs() {
    return askedOfUs;
  }

  /** The peer knows us from an earlier connection. */
  void resumed() {
    if (!resumed) {
      resumed = true;
      stats.sessionReused.inc();
    }
  }

  void succeeded(SSLEngine engine) {
    stats.handshake.inc();
    SSLSession session = engine.getSession();
    if (engine instanceof ReferenceCountedOpenSslEngine boringSsl) {
      long ssl = boringSsl.sslPointer();
      // A peer without a certificate is not judged, and its session is not told of before.
      if (SSL.isSessionReused(ssl)) {
        resumed();
      }
      stats.agreed(SSL.getVersion(ssl), SSL.getCipherForSSL(ssl), TlsSession.group(engine));
    } else {
      stats.agreed(session.getProtocol(), CipherSuite.openSslName(session.getCipherSuite()), "");
    }
    try {
      var unused = session.getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      stats.noCertificate.inc();
    }
  }

  /** A client has said what it wants. */
  void beganWith(ClientHello hello) {
    asksForStatus = hello.asksForStatus();
  }

  /** Whether a client wants to know the status of the certificate that it is shown. */
  boolean asksForStatus() {
    return asksForStatus;
  }

  TlsStats stats() {
    return stats;
  }

  /** The peer's first bytes are none of a handshake. */
  void beganWith(String bytes) {
    first = bytes;
  }

  String first() {
    return first;
  }

  /** Why it failed, in Envoy's words. */
  String reason(Throwable cause) {
    return TlsErrors.text(cause, first);
  }

  /** It failed, or what came after it did. */
  void failed(Throwable cause) {
    if (TlsErrors.isWithoutCertificate(cause)) {
      stats.failVerifyNoCert.inc();
    } else if (rejected == null && TlsErrors.isProtocolError(cause)) {
      stats.connectionError.inc();
    }
  }
}
