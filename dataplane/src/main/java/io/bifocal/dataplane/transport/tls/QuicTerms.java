package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Finding;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.TrustChainVerification;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.ValidationContextTypeCase;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import java.security.PublicKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of a TLS context is otherwise with QUIC, which is TLS 1.3 (RFC 9001, section 4.2). */
final class QuicTerms {
  private static final String DEMANDS =
      "QUIC downstream TLS context sets require_client_certificate but ";

  private QuicTerms() {}

  /** Tells what of {@code common}, which is at {@code path}, has no effect there. */
  static void warn(CommonTlsContext common, String path, List<String> warnings) {
    TlsParameters params = common.getTlsParams();
    TlsProtocol newest = params.getTlsMaximumProtocolVersion();
    if (newest != TlsProtocol.TLS_AUTO && newest != TlsProtocol.TLSv1_3) {
      warnings.add(
          path + ".tls_params.tls_maximum_protocol_version has no effect over QUIC: it is TLS 1.3");
    }
    if (params.getCipherSuitesCount() > 0) {
      warnings.add(
          path + ".tls_params.cipher_suites has no effect over QUIC: those of TLS 1.3 are fixed");
    }
  }

  /** Refuses a demand for certificates that says nothing of how they are validated. */
  static void checkValidates(CommonTlsContext common) throws ConfigException {
    if (common.getValidationContextTypeCase()
        == ValidationContextTypeCase.VALIDATIONCONTEXTTYPE_NOT_SET) {
      throw new ConfigException(DEMANDS + "configures no validation context.");
    }
  }

  /** Refuses one by which no certificate could be validated; the system's authorities are none. */
  static void checkValidates(CertificateValidationContext validation) throws ConfigException {
    if (!validation.hasTrustedCa()
        && !validation.hasCustomValidatorConfig()
        && validation.getTrustChainVerification() != TrustChainVerification.ACCEPT_UNTRUSTED) {
      throw new ConfigException(
          DEMANDS
              + "its validation context has no trusted_ca and no custom_validator_config, so no"
              + " client certificate could be validated.");
    }
  }

  /** Why a server may not prove itself by a key, whoever has signed it; or null. */
  static @Nullable Rejection rejection(PublicKey key) {
    return OwnCertificateReader.isTooShort(key)
        ? Rejection.of(
            Finding.BAD_CHAIN,
            "Invalid leaf cert, only RSA certificates with 2048-bit or larger keys are supported")
        : null;
  }
}
