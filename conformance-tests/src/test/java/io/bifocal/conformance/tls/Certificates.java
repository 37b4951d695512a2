package io.bifocal.conformance.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.time.Instant;

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
}
