package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.ByteString;
import io.bifocal.dataplane.transport.tls.Trust.Anchor;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges who a peer is by its certificates. Immutable.
 *
 * <p>Source: Envoy's default certificate validator.
 */
public final class PeerVerifier {
  private final @Nullable Trust trusted;
  private final List<SanMatcher> names;
  private final boolean serverName;
  private final List<ByteString> certificateHashes;
  private final List<ByteString> keyHashes;
  private final boolean acceptUntrusted;

  /**
   * @param trusted who may have signed the certificates; null for anybody
   * @param names one of which must be in the peer's; any will do when there are none
   * @param serverName whether the name that was asked for (SNI) is wanted in place of {@code names}
   * @param certificateHashes SHA-256; with {@code keyHashes}, one of all must match if there are
   *     any
   * @param keyHashes SHA-256 of the public key's {@code SubjectPublicKeyInfo}
   * @param acceptUntrusted what is found is only told, and the peer is accepted all the same
   */
  PeerVerifier(
      @Nullable Trust trusted,
      List<SanMatcher> names,
      boolean serverName,
      List<ByteString> certificateHashes,
      List<ByteString> keyHashes,
      boolean acceptUntrusted) {
    this.trusted = trusted;
    this.names = List.copyOf(names);
    this.serverName = serverName;
    this.certificateHashes = List.copyOf(certificateHashes);
    this.keyHashes = List.copyOf(keyHashes);
    this.acceptUntrusted = acceptUntrusted;
  }

  /**
   * Trusts whom the Java runtime trusts, for one host.
   *
   * @param host a name or an IP address that the peer's certificate must be good for
   */
  public static PeerVerifier ofSystem(String host) throws GeneralSecurityException {
    return of(host, TrustAnchors.ofSystem());
  }

  /** The same, but trusts these. */
  public static PeerVerifier of(String host, List<X509Certificate> trusted) {
    return new PeerVerifier(
        new TrustAnchors(trusted, List.of(), false, false),
        List.of(SanMatcher.host(host)),
        false,
        List.of(),
        List.of(),
        false);
  }

  /** Whether there is anything to judge a peer by; else it need not show who it is. */
  boolean judges() {
    return trusted != null || !certificateHashes.isEmpty() || !keyHashes.isEmpty();
  }

  /** Whose signatures are trusted; none when anybody's are. */
  List<X509Certificate> trustedCertificates() {
    return anchors().stream().map(Anchor::certificate).toList();
  }

  /** The same, with where they were read. */
  List<Anchor> anchors() {
    return trusted == null ? List.of() : trusted.anchors();
  }

  /** When whom it trusts expire, in seconds of the epoch, by what statistics call them. */
  Map<String, Long> expiries(String name) {
    return trusted == null ? Map.of() : trusted.expiries(name);
  }

  /** Whether what is found has no consequence. */
  boolean acceptsUntrusted() {
    return acceptUntrusted;
  }

  /** What a peer can be found to be. */
  enum Finding {
    BAD_CHAIN,
    WRONG_NAME,
    WRONG_HASH
  }

  /**
   * Why a peer is not who it should be.
   *
   * @param number OpenSSL's, which decides of the alert that is sent
   * @param reason in Envoy's words
   */
  record Rejection(Finding finding, int number, String reason) {
    /** {@code X509_V_ERR_INVALID_EXTENSION}, of which the peer hears "certificate unknown". */
    static final int CERTIFICATE_UNKNOWN = 41;

    /** A name is wanted, and there is nothing to judge by: nobody will do, as with Envoy. */
    static final Rejection UNVERIFIABLE = of(Finding.BAD_CHAIN, "");

    /** The certificate is good for others than {@code host}. */
    static Rejection otherHost(String host) {
      return of(Finding.WRONG_NAME, "Leaf certificate doesn't match hostname: " + host);
    }

    static Rejection of(Finding finding, String reason) {
      return new Rejection(finding, CERTIFICATE_UNKNOWN, reason);
    }
  }

  /**
   * Judges a peer.
   *
   * @param chain the peer's own certificate first
   * @param sni the name that was asked for, or empty
   * @return null when it is as it should be
   */
  @Nullable Rejection verify(List<X509Certificate> chain, String sni) {
    return verify(chain, sni, null);
  }

  /**
   * The same.
   *
   * @param must be the peer's name beside, a DNS name or an IP address; empty is nobody's, null any
   */
  @Nullable Rejection verify(List<X509Certificate> chain, String sni, @Nullable String must) {
    if (trusted != null) {
      try {
        trusted.verify(chain);
      } catch (UntrustedException e) {
        return new Rejection(Finding.BAD_CHAIN, e.number(), "verify cert failed: " + e.reason());
      }
    }
    X509Certificate peer = chain.get(0);
    if (must != null && !isNamed(must, peer)) {
      return Rejection.of(
          Finding.WRONG_NAME,
          "verify cert failed: verify SAN list, expected SANs: [%s], certificate SANs: [%s]"
              .formatted(must, names(SubjectAltName.of(peer))));
    }
    List<SanMatcher> wanted = serverName && !sni.isEmpty() ? List.of(SanMatcher.dns(sni)) : names;
    if (!wanted.isEmpty()) {
      List<SubjectAltName> has = SubjectAltName.of(peer);
      if (has.stream().noneMatch(name -> wanted.stream().anyMatch(w -> w.matches(name)))) {
        String told =
            trusted == null
                ? "SAN matcher, certificate SANs are [" + names(has) + "]"
                : trusted.wrongName(names(has));
        return Rejection.of(Finding.WRONG_NAME, "verify cert failed: " + told);
      }
    }
    if ((!certificateHashes.isEmpty() || !keyHashes.isEmpty()) && !isPinned(peer)) {
      return Rejection.of(Finding.WRONG_HASH, "verify cert failed: cert hash and spki");
    }
    return null;
  }

  private static boolean isNamed(String name, X509Certificate peer) {
    return !name.isEmpty() && SanMatcher.host(name).matchesAny(SubjectAltName.of(peer));
  }

  private static String names(List<SubjectAltName> names) {
    return names.stream().map(SubjectAltName::value).collect(Collectors.joining(", "));
  }

  private boolean isPinned(X509Certificate peer) {
    try {
      return certificateHashes.contains(sha256(peer.getEncoded()))
          || keyHashes.contains(sha256(peer.getPublicKey().getEncoded()));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static ByteString sha256(byte[] bytes) throws GeneralSecurityException {
    return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
