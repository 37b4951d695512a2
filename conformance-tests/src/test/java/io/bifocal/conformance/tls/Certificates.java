package io.bifocal.conformance.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.net.URISyntaxException;
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
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.jspecify.annotations.Nullable;

/** Certificates made for the tests. */
public final class Certificates {
  private Certificates() {}

  public static CertificateBuilder authority(String name) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + name)
        .setIsCertificateAuthority(true)
        .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign);
  }

  public static X509Bundle root(String name) {
    try {
      return authority(name).buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  public static CertificateBuilder leaf(String name) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=leaf")
        .notBefore(Instant.now().minusSeconds(86_400))
        .notAfter(Instant.now().plusSeconds(86_400))
        .addSanDnsName(name);
  }

  /** One that nobody else stands for. */
  public static X509Bundle selfSigned(String name) {
    try {
      return leaf(name).setIsCertificateAuthority(true).buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  public static X509Bundle issue(X509Bundle by, CertificateBuilder builder) {
    try {
      return builder.buildIssuedBy(by);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** One whose key has 1024 bits of RSA. */
  public static X509Bundle weak(X509Bundle by, String name) {
    try {
      return unsafe(by, name);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("JavaUtilDate") // the library's
  private static X509Bundle unsafe(X509Bundle by, String name) throws Exception {
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

  /** Of a workload, as SPIFFE has it. */
  static CertificateBuilder workload(String identity) throws URISyntaxException {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=workload")
        .notBefore(Instant.now().minusSeconds(86_400))
        .notAfter(Instant.now().plusSeconds(86_400))
        .setKeyUsage(true, KeyUsage.digitalSignature)
        .addSanUriName(identity);
  }

  /** In base 64, what an authority says of a certificate's status (OCSP). */
  @SuppressWarnings("JavaUtilDate") // the library's
  static String status(
      X509Bundle by, X509Bundle of, @Nullable CertificateStatus status, @Nullable Instant until)
      throws Exception {
    DigestCalculator sha1 =
        new JcaDigestCalculatorProviderBuilder().build().get(CertificateID.HASH_SHA1);
    JcaX509CertificateHolder issuer = new JcaX509CertificateHolder(by.getCertificate());
    BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(new RespID(issuer.getSubject()));
    builder.addResponse(
        new CertificateID(sha1, issuer, of.getCertificate().getSerialNumber()),
        status,
        Date.from(Instant.now().minusSeconds(86_400)),
        until == null ? null : Date.from(until));
    BasicOCSPResp basic =
        builder.build(signer(by), new X509CertificateHolder[0], Date.from(Instant.now()));
    return Base64.getEncoder()
        .encodeToString(
            new OCSPRespBuilder().build(OCSPRespBuilder.SUCCESSFUL, basic).getEncoded());
  }

  private static ContentSigner signer(X509Bundle by) throws OperatorCreationException {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(by.getKeyPair().getPrivate());
  }

  /** In PEM, which of an authority's certificates are revoked. */
  public static String revocations(X509Bundle by, X509Bundle... revoked) {
    try {
      return list(by, revoked);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("JavaUtilDate") // the library's
  private static String list(X509Bundle by, X509Bundle... revoked) throws Exception {
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
