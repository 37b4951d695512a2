package io.bifocal.dataplane.transport.tls;

import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Who is trusted: any certificate of these ends a chain, whether it is a root or not, as with
 * Envoy. Immutable.
 */
final class TrustAnchors implements Trust {
  private final Map<X500Principal, List<X509Certificate>> bySubject = new HashMap<>();
  private final List<X509Certificate> certificates;
  private final ChainCheck check;
  private final String source;

  /**
   * Of servers.
   *
   * @param revocations when there are any, a list of each issuer in a chain is needed
   * @param onlyLeaf needs the peer's own issuer's list only
   */
  TrustAnchors(
      List<X509Certificate> trusted,
      List<X509CRL> revocations,
      boolean onlyLeaf,
      boolean allowExpired) {
    this(
        trusted,
        new ChainCheck(
            PeerRole.SERVER,
            List.copyOf(revocations),
            onlyLeaf,
            allowExpired,
            ChainCheck.MAX_DEPTH),
        "<inline>");
  }

  /**
   * @param source where they were read, as it is told of
   */
  TrustAnchors(List<X509Certificate> trusted, ChainCheck check, String source) {
    this.check = check;
    this.source = source;
    this.certificates = List.copyOf(trusted);
    trusted.forEach(
        c ->
            bySubject.computeIfAbsent(c.getSubjectX500Principal(), s -> new ArrayList<>(1)).add(c));
  }

  @Override
  public List<Anchor> anchors() {
    return certificates.stream().map(certificate -> new Anchor(certificate, source)).toList();
  }

  /** The certificates that the Java runtime trusts. */
  static List<X509Certificate> ofSystem() throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    List<X509Certificate> trusted = new ArrayList<>();
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        trusted.addAll(Arrays.asList(x509.getAcceptedIssuers()));
      }
    }
    return trusted;
  }

  /** Finds a chain from a peer to a trusted certificate, and checks it. */
  @Override
  public void verify(List<X509Certificate> presented) throws UntrustedException {
    check.check(chain(presented));
  }

  // The shortest way first: an issuer who is trusted is preferred to one who was presented.
  private List<X509Certificate> chain(List<X509Certificate> presented) throws UntrustedException {
    List<X509Certificate> chain = new ArrayList<>();
    X509Certificate last = presented.get(0);
    chain.add(last);
    if (named(last.getSubjectX500Principal()).contains(last)) {
      return chain;
    }
    while (chain.size() <= ChainCheck.MAX_DEPTH) {
      X509Certificate trusted = issuer(last, named(last.getIssuerX500Principal()));
      if (trusted != null) {
        chain.add(trusted);
        return chain;
      }
      int depth = chain.size() - 1;
      if (last.getSubjectX500Principal().equals(last.getIssuerX500Principal())) {
        throw new UntrustedException(
            depth == 0 ? ChainError.SELF_SIGNED : ChainError.SELF_SIGNED_IN_CHAIN, depth);
      }
      List<X509Certificate> rest = new ArrayList<>(presented);
      rest.removeAll(chain);
      X509Certificate next = issuer(last, rest);
      if (next == null) {
        throw new UntrustedException(ChainError.NO_LOCAL_ISSUER, depth);
      }
      chain.add(next);
      last = next;
    }
    throw new UntrustedException(ChainError.NO_LOCAL_ISSUER, ChainCheck.MAX_DEPTH);
  }

  private List<X509Certificate> named(X500Principal subject) {
    return bySubject.getOrDefault(subject, List.of());
  }

  /** Of several of one name, as when a key is replaced, the one whose key it is. */
  private static @Nullable X509Certificate issuer(
      X509Certificate of, List<X509Certificate> candidates) {
    List<X509Certificate> named =
        candidates.stream()
            .filter(c -> c.getSubjectX500Principal().equals(of.getIssuerX500Principal()))
            .toList();
    if (named.isEmpty()) {
      return null;
    }
    return named.size() == 1
        ? named.get(0)
        : named.stream().filter(c -> signed(of, c.getPublicKey())).findFirst().orElse(named.get(0));
  }

  private static boolean signed(X509Certificate certificate, PublicKey by) {
    try {
      certificate.verify(by);
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
