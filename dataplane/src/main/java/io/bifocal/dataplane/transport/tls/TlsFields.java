package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;

/** What an {@code UpstreamTlsContext} or a {@code DownstreamTlsContext} may carry. */
final class TlsFields {
  private static final String NO_PROVIDERS = "there are no certificate providers";

  static final SupportedFields UPSTREAM =
      SupportedFields.of(UpstreamTlsContext.getDescriptor())
          .supports(
              "common_tls_context",
              "sni",
              "auto_host_sni",
              "auto_sni_san_validation",
              "max_session_keys",
              "allow_renegotiation")
          .ignores(
              "a certificate's key usage is checked as far as the provider does",
              "enforce_rsa_key_usage");

  static final SupportedFields DOWNSTREAM =
      SupportedFields.of(DownstreamTlsContext.getDescriptor())
          .supports(
              "common_tls_context",
              "require_client_certificate",
              "prefer_client_ciphers",
              "session_timeout",
              "session_ticket_keys",
              "session_ticket_keys_sds_secret_config",
              "disable_stateless_session_resumption",
              "disable_stateful_session_resumption",
              "ocsp_staple_policy")
          .ignores("nor does Envoy 1.40 refuse clients that ask for no name", "require_sni")
          .ignores(
              "where no certificate is good for the name, the first that the client can take is"
                  + " shown",
              "full_scan_certs_on_sni_mismatch");

  static final SupportedFields QUIC_DOWNSTREAM =
      SupportedFields.of(QuicDownstreamTransport.getDescriptor())
          .supports("downstream_tls_context")
          .ignores("nothing is taken before the handshake is done", "enable_early_data");

  static final SupportedFields COMMON =
      SupportedFields.of(CommonTlsContext.getDescriptor())
          .supports(
              "tls_params",
              "tls_certificates",
              "tls_certificate_sds_secret_configs",
              "validation_context",
              "validation_context_sds_secret_config",
              "combined_validation_context",
              "alpn_protocols",
              "key_log")
          .refuses(
              NO_PROVIDERS,
              "tls_certificate_provider_instance",
              "tls_certificate_certificate_provider",
              "tls_certificate_certificate_provider_instance",
              "validation_context_certificate_provider",
              "validation_context_certificate_provider_instance");

  static final SupportedFields COMBINED =
      SupportedFields.of(CombinedCertificateValidationContext.getDescriptor())
          .supports("default_validation_context", "validation_context_sds_secret_config")
          .refuses(
              NO_PROVIDERS,
              "validation_context_certificate_provider",
              "validation_context_certificate_provider_instance");

  static final SupportedFields SDS =
      SupportedFields.of(SdsSecretConfig.getDescriptor()).supports("name", "sds_config");

  static final SupportedFields PARAMETERS =
      SupportedFields.of(TlsParameters.getDescriptor())
          .supports(
              "tls_minimum_protocol_version",
              "tls_maximum_protocol_version",
              "cipher_suites",
              "ecdh_curves",
              "signature_algorithms");

  static final SupportedFields CERTIFICATE =
      SupportedFields.of(TlsCertificate.getDescriptor())
          .supports(
              "certificate_chain",
              "private_key",
              "pkcs12",
              "password",
              "watched_directory",
              "ocsp_staple")
          .ignores(
              "nothing but the certificate and its status is shown, as by Envoy",
              "signed_certificate_timestamp");

  private static final SupportedFields OF_SERVERS =
      validation().ignores("it concerns clients only, with Envoy too", "max_verify_depth");
  private static final SupportedFields OF_CLIENTS = validation().supports("max_verify_depth");

  /** What a validation context may carry. */
  static SupportedFields validation(PeerRole peer) {
    return peer == PeerRole.SERVER ? OF_SERVERS : OF_CLIENTS;
  }

  private static SupportedFields validation() {
    return SupportedFields.of(CertificateValidationContext.getDescriptor())
        .supports(
            "trusted_ca",
            "system_root_certs",
            "match_typed_subject_alt_names",
            "match_subject_alt_names",
            "verify_certificate_hash",
            "verify_certificate_spki",
            "allow_expired_certificate",
            "trust_chain_verification",
            "crl",
            "only_verify_leaf_cert_crl",
            "watched_directory",
            "custom_validator_config")
        .ignores("nor does Envoy 1.40 ask for any", "require_signed_certificate_timestamp")
        .refuses(NO_PROVIDERS, "ca_certificate_provider_instance");
  }

  static final SupportedFields SPIFFE =
      SupportedFields.of(SPIFFECertValidatorConfig.getDescriptor())
          .supports("trust_domains", "trust_bundles");

  static final SupportedFields NAME =
      SupportedFields.of(SubjectAltNameMatcher.getDescriptor())
          .supports("san_type", "matcher", "oid");

  private TlsFields() {}
}
