package io.bifocal.dataplane.transport.tls;

import com.google.common.hash.Hashing;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;

/** What Envoy's statistics call certificates that are no secrets, which have names. */
final class CertificateNames {
  private static final int DIGEST_CHARACTERS = 8;

  private CertificateNames() {}

  static String of(TlsCertificate own) {
    return "unnamed_cert_" + (own.hasPkcs12() ? "" : digest(own.getCertificateChain()));
  }

  static String of(CertificateValidationContext trusted) {
    return "unnamed_ca_cert" + (trusted.hasTrustedCa() ? "_" + digest(trusted.getTrustedCa()) : "");
  }

  /** Only of what is written out as bytes: all others have the same. */
  private static String digest(DataSource source) {
    byte[] written = source.getInlineBytes().toByteArray();
    return Hashing.sha256().hashBytes(written).toString().substring(0, DIGEST_CHARACTERS);
  }
}
