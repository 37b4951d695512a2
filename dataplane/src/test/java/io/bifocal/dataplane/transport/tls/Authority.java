package io.bifocal.dataplane.transport.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of a test's own. */
public final class Authority {
  private final X509Bundle bundle;

  private Authority(X509Bundle bundle) {
    this.bundle = bundle;
  }

  public static Authority named(String name) {
    return of(authority(name));
  }

  /** One that the builder describes, signed by itself. */
  static Authority of(CertificateBuilder builder) {
    try {
      return new Authority(builder.buildSelfSigned());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static CertificateBuilder authority(String name) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + name)
        .setIsCertificateAuthority(true)
        .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign);
  }

  /** A certificate to be issued, good for a day. */
  public static CertificateBuilder leaf(String... dnsNames) {
    CertificateBuilder leaf =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=leaf")
            .notBefore(Instant.now().minusSeconds(3600))
            .notAfter(Instant.now().plusSeconds(86_400));
    for (String name : dnsNames) {
      leaf.addSanDnsName(name);
    }
    return leaf;
  }

  /** What nobody else stands for. */
  public static X509Bundle signedByItself(String dnsName) {
    return of(leaf(dnsName).setIsCertificateAuthority(true)).bundle;
  }

  /** Another authority below this one. */
  Authority below(String name) {
    return below(authority(name));
  }

  Authority below(CertificateBuilder builder) {
    return new Authority(issue(builder));
  }

  public X509Bundle issue(CertificateBuilder builder) {
    try {
      return builder.buildIssuedBy(bundle);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Which of its certificates hold no longer. */
  @SuppressWarnings("JavaUtilDate") // the library's
  public X509CRL revocations(X509Certificate... revoked) throws Exception {
    Date now = Date.from(Instant.now().minusSeconds(60));
    JcaX509v2CRLBuilder builder = new JcaX509v2CRLBuilder(certificate(), now);
    builder.setNextUpdate(Date.from(Instant.now().plusSeconds(3600)));
    for (X509Certificate each : revoked) {
      builder.addCRLEntry(each.getSerialNumber(), now, CRLReason.keyCompromise);
    }
    return new JcaX509CRLConverter()
        .getCRL(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA")
                    .build(bundle.getKeyPair().getPrivate())));
  }

  X509Bundle bundle() {
    return bundle;
  }

  public X509Certificate certificate() {
    return bundle.getCertificate();
  }

  public String pem() {
    return bundle.getCertificatePEM();
  }

  /** Accepts whom this authority has signed. */
  PeerVerifier verifier(SanMatcher... names) {
    return new PeerVerifier(
        new TrustAnchors(List.of(certificate()), List.of(), false, false),
        List.of(names),
        false,
        List.of(),
        List.of(),
        false);
  }
}
