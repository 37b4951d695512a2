package io.bifocal.dataplane.transport.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a chain holds: signatures, validity, constraints and revocation as the JDK judges them
 * (RFC 5280), and the purpose as BoringSSL does. A root is judged like the others.
 *
 * @param role the peer's
 * @param maxDepth how many certificates there may be above the peer's
 * @param revocations when there are any, a list of each issuer is needed
 */
record ChainCheck(
    PeerRole role,
    List<X509CRL> revocations,
    boolean onlyLeaf,
    boolean allowExpired,
    int maxDepth) {
  static final int MAX_DEPTH = 100;

  private static final Logger log = LoggerFactory.getLogger(ChainCheck.class);
  private static final String NAME_CONSTRAINTS = "2.5.29.30";
  private static final int KEY_CERT_SIGN = 5;

  /**
   * @param chain from the peer's own certificate to a trusted one, which may be the same
   */
  void check(List<X509Certificate> chain) throws UntrustedException {
    if (chain.size() - 1 > maxDepth) {
      throw new UntrustedException(ChainError.NO_LOCAL_ISSUER, maxDepth);
    }
    for (int depth = 0; depth < chain.size(); depth++) {
      checkPurpose(chain.get(depth), depth);
    }
    int top = chain.size() - 1;
    X509Certificate trusted = chain.get(top);
    if (isSelfSigned(trusted)) {
      validate(
          chain, new TrustAnchor(trusted.getSubjectX500Principal(), trusted.getPublicKey(), null));
      return;
    }
    checkTrusted(trusted, top);
    if (top > 0) {
      validate(chain.subList(0, top), new TrustAnchor(trusted, null));
    } else if (!revocations.isEmpty()) {
      throw new UntrustedException(ChainError.NO_CRL, top); // its issuer is not known
    }
  }

  private static boolean isSelfSigned(X509Certificate certificate) {
    if (!certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
      return false;
    }
    try {
      certificate.verify(certificate.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private void checkPurpose(X509Certificate certificate, int depth) throws UntrustedException {
    boolean[] usage = certificate.getKeyUsage();
    if (depth > 0) {
      boolean old = certificate.getVersion() < 3;
      if ((!old && certificate.getBasicConstraints() < 0)
          || (usage != null && !usage[KEY_CERT_SIGN])) {
        throw new UntrustedException(ChainError.INVALID_CA, depth);
      }
    } else if (usage != null && !role.isServedBy(usage)) {
      throw new UntrustedException(ChainError.INVALID_PURPOSE, depth);
    }
    List<String> purposes;
    try {
      purposes = certificate.getExtendedKeyUsage();
    } catch (CertificateParsingException e) {
      throw new UntrustedException(ChainError.INVALID_PURPOSE, depth);
    }
    if (purposes != null && !purposes.contains(role.purpose())) {
      throw new UntrustedException(ChainError.INVALID_PURPOSE, depth);
    }
  }

  // What the JDK never asks of a trusted certificate that is no root, and BoringSSL does.
  private void checkTrusted(X509Certificate trusted, int depth) throws UntrustedException {
    if (trusted.getExtensionValue(NAME_CONSTRAINTS) != null && depth > 0) {
      throw new UntrustedException(ChainError.PERMITTED_VIOLATION, 0); // they cannot be obeyed
    }
    if (depth > 0 && depth - 1 > trusted.getBasicConstraints()) {
      throw new UntrustedException(ChainError.PATH_LENGTH_EXCEEDED, depth);
    }
    if (allowExpired) {
      return;
    }
    try {
      trusted.checkValidity();
    } catch (CertificateExpiredException e) {
      throw new UntrustedException(ChainError.EXPIRED, depth);
    } catch (CertificateNotYetValidException e) {
      throw new UntrustedException(ChainError.NOT_YET_VALID, depth);
    }
  }

  private void validate(List<X509Certificate> path, TrustAnchor trusted) throws UntrustedException {
    try {
      CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
      CertPathValidator validator = CertPathValidator.getInstance("PKIX");
      var unused = validator.validate(certPath, parameters(validator, path, trusted));
    } catch (CertPathValidatorException e) {
      log.debug("a chain that does not hold", e);
      throw new UntrustedException(ChainError.of(e), Math.max(0, e.getIndex()));
    } catch (GeneralSecurityException e) {
      log.debug("a chain that cannot be judged", e);
      throw new UntrustedException(ChainError.UNSPECIFIED, 0);
    }
  }

  private PKIXParameters parameters(
      CertPathValidator validator, List<X509Certificate> path, TrustAnchor trusted)
      throws GeneralSecurityException {
    PKIXParameters parameters = new PKIXParameters(Set.of(trusted));
    parameters.setRevocationEnabled(false);
    if (!revocations.isEmpty()) {
      PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      EnumSet<Option> options = EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK);
      if (onlyLeaf) {
        options.add(Option.ONLY_END_ENTITY);
      }
      checker.setOptions(options);
      parameters.addCertPathChecker(checker);
      parameters.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(revocations)));
    }
    if (allowExpired) {
      parameters.setDate(whenAllWereValid(path));
    }
    return parameters;
  }

  /** The JDK cannot leave the validity out of its judgement, so it is asked about a good day. */
  private static Date whenAllWereValid(List<X509Certificate> path) {
    return path.stream()
        .map(X509Certificate::getNotBefore)
        .max(Date::compareTo)
        .orElseThrow(IllegalArgumentException::new);
  }
}
