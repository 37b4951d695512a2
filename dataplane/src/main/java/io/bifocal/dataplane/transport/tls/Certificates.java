package io.bifocal.dataplane.transport.tls;

import java.io.InputStream;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a PEM text holds of certificates and of lists of revoked ones.
 *
 * @param certificates in order
 */
record Certificates(List<X509Certificate> certificates, List<X509CRL> revocations) {
  private static final Set<String> LABELS =
      Set.of("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE");
  private static final String CRL_LABEL = "X509 CRL";

  /** When one ceases to be valid, in seconds of the epoch. */
  static long expiry(X509Certificate of) {
    return of.getNotAfter().toInstant().getEpochSecond();
  }

  /**
   * Reads all; blocks of other kinds are passed over.
   *
   * @throws CertificateException when one of them does not parse
   */
  static Certificates parse(String pem) throws CertificateException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    List<X509CRL> revocations = new ArrayList<>();
    try {
      for (Pem.Block block : Pem.blocks(pem)) {
        InputStream der = block.der().newInput();
        if (LABELS.contains(block.label())) {
          certificates.add((X509Certificate) factory.generateCertificate(der));
        } else if (block.label().equals(CRL_LABEL)) {
          revocations.add((X509CRL) factory.generateCRL(der));
        }
      }
    } catch (CRLException | IllegalArgumentException e) {
      throw new CertificateException(e);
    }
    return new Certificates(List.copyOf(certificates), List.copyOf(revocations));
  }
}
