package io.bifocal.conformance.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Certificates made for the tests. */
final class Certificates {
  private Certificates() {}

  static CertificateBuilder authority(String name) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + name)
        .setIsCertificateAuthority(true)
        .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign);
  }

  static X509Bundle root(String name) {
    try {
      return authority(name).buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static CertificateBuilder leaf(String name) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=leaf")
        .notBefore(Instant.now().minusSeconds(86_400))
        .notAfter(Instant.now().plusSeconds(86_400))
        .addSanDnsName(name);
  }

  static X509Bundle issue(X509Bundle by, CertificateBuilder builder) {
    try {
      return builder.buildIssuedBy(by);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** One whose key has 1024 bits of RSA. */
  @SuppressWarnings("JavaUtilDate") // the library's
  static X509Bundle weak(X509Bundle by, String name) throws Exception {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
    keys.initialize(1024);
    KeyPair pair = keys.generateKeyPair();
    Instant now = Instant.now();
    X509Certificate certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                new JcaX509v3CertificateBuilder(
                        by.getCertificate(),
                        BigInteger.valueOf(now.toEpochMilli()),
                        Date.from(now.minusSeconds(86_400)),
                        Date.from(now.plusSeconds(86_400)),
                        new X500Principal("CN=weak"),
                        pair.getPublic())
                    .addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.dNSName, name)))
                    .build(signer(by)));
    return X509Bundle.fromCertificatePath(
        new X509Certificate[] {certificate}, by.getCertificate(), pair);
  }

  private static ContentSigner signer(X509Bundle by) throws OperatorCreationException {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(by.getKeyPair().getPrivate());
  }

  /** In PEM, which of an authority's certificates are revoked. */
  @SuppressWarnings("JavaUtilDate") // the library's
  static String revocations(X509Bundle by, X509Bundle... revoked) throws Exception {
    Date now = Date.from(Instant.now().minusSeconds(60));
    JcaX509v2CRLBuilder builder = new JcaX509v2CRLBuilder(by.getCertificate(), now);
    builder.setNextUpdate(Date.from(Instant.now().plusSeconds(86_400)));
    for (X509Bundle each : revoked) {
      builder.addCRLEntry(each.getCertificate().getSerialNumber(), now, CRLReason.keyCompromise);
    }
    byte[] der = builder.build(signer(by)).getEncoded();
    return "-----BEGIN X509 CRL-----\n%s\n-----END X509 CRL-----\n"
        .formatted(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
  }
}
