package io.bifocal.dataplane.transport.tls;

import com.google.common.io.BaseEncoding;
import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.TrustChainVerification;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads {@code validation_context}; what is wrong with it is told in Envoy's words. */
final class PeerVerifierReader {
  private static final int SHA256_BYTES = 32;
  private static final int HEX_WITH_COLONS = 95;

  private final CertificateValidationContext config;
  private final PeerRole role;
  private final String path;

  private PeerVerifierReader(CertificateValidationContext config, PeerRole role, String path) {
    this.config = config;
    this.role = role;
    this.path = path;
  }

  /**
   * The verifier that {@code config} describes.
   *
   * @param autoSan {@code auto_sni_san_validation}
   */
  static PeerVerifier read(
      CertificateValidationContext config,
      PeerRole role,
      boolean autoSan,
      String path,
      List<String> warnings)
      throws ConfigException {
    boolean spiffe = config.getCustomValidatorConfig().getName().equals(TrustDomainsReader.NAME);
    if (config.hasCustomValidatorConfig() && !spiffe) {
      throw new ConfigException(
          "Failed to get certificate validator factory for "
              + config.getCustomValidatorConfig().getName());
    }
    warnings.addAll(TlsFields.validation(role).check(config, path));
    PeerVerifierReader reader = new PeerVerifierReader(config, role, path);
    return spiffe ? reader.readDomains(autoSan, warnings) : reader.read(autoSan, warnings);
  }

  private PeerVerifier readDomains(boolean autoSan, List<String> warnings) throws ConfigException {
    if (config.hasTrustedCa()
        || config.hasSystemRootCerts()
        || config.hasCrl()
        || config.getVerifyCertificateHashCount() + config.getVerifyCertificateSpkiCount() > 0
        || config.getTrustChainVerification() != TrustChainVerification.VERIFY_TRUST_CHAIN) {
      warnings.add(
          path
              + ": of a validation context with SPIFFE's validator only names and"
              + " allow_expired_certificate count beside it, as with Envoy");
    }
    Trust trusted =
        new TrustDomainsReader(
                (certificates, source) ->
                    new TrustAnchors(
                        certificates,
                        new ChainCheck(
                            role,
                            List.of(),
                            false,
                            config.getAllowExpiredCertificate(),
                            ChainCheck.MAX_DEPTH),
                        source))
            .read(
                config.getCustomValidatorConfig().getTypedConfig(),
                path + ".custom_validator_config",
                warnings);
    return new PeerVerifier(trusted, names(warnings), autoSan, List.of(), List.of(), false);
  }

  private PeerVerifier read(boolean autoSan, List<String> warnings) throws ConfigException {
    TrustAnchors trusted = trusted(autoSan);
    return new PeerVerifier(
        trusted,
        names(warnings),
        autoSan,
        certificateHashes(),
        keyHashes(),
        config.getTrustChainVerification() == TrustChainVerification.ACCEPT_UNTRUSTED);
  }

  @SuppressWarnings("deprecation") // match_subject_alt_names
  private @Nullable TrustAnchors trusted(boolean autoSan) throws ConfigException {
    DataSource crl = config.getCrl();
    ByteString revoked = DataSources.readWatched(crl);
    List<X509CRL> revocations = new ArrayList<>();
    List<X509Certificate> trusted = trustedCertificates(revocations);
    if (trusted.isEmpty()) {
      if (!revoked.isEmpty()) {
        throw new ConfigException(
            "Failed to load CRL from " + DataSources.name(crl) + " without trusted CA");
      }
      if (config.getMatchTypedSubjectAltNamesCount() + config.getMatchSubjectAltNamesCount() > 0) {
        throw new ConfigException(
            "SAN-based verification of peer certificates without trusted CA is insecure and not"
                + " allowed");
      }
      if (config.getAllowExpiredCertificate()) {
        throw new ConfigException(
            "Certificate validity period is always ignored without trusted CA");
      }
      if (autoSan) {
        throw new ConfigException(
            "'auto_sni_san_validation' was configured without configuring a trusted CA");
      }
      return null;
    }
    if (!revoked.isEmpty()) {
      revocations.addAll(revocations(revoked.toStringUtf8(), DataSources.name(crl)));
    }
    return new TrustAnchors(
        trusted,
        new ChainCheck(
            role,
            List.copyOf(revocations),
            config.getOnlyVerifyLeafCertCrl(),
            config.getAllowExpiredCertificate(),
            role == PeerRole.CLIENT && config.hasMaxVerifyDepth()
                ? config.getMaxVerifyDepth().getValue()
                : ChainCheck.MAX_DEPTH),
        config.hasTrustedCa() ? DataSources.name(config.getTrustedCa()) : "");
  }

  private List<X509Certificate> trustedCertificates(List<X509CRL> revocations)
      throws ConfigException {
    if (!config.hasTrustedCa()) {
      return config.hasSystemRootCerts() ? ofSystem() : List.of();
    }
    ByteString pem = DataSources.readWatched(config.getTrustedCa());
    if (pem.isEmpty()) {
      throw new ConfigException("DataSource cannot be empty");
    }
    String problem =
        "Failed to load trusted CA certificates from " + DataSources.name(config.getTrustedCa());
    try {
      Certificates read = Certificates.parse(pem.toStringUtf8());
      if (read.certificates().isEmpty()) {
        throw new ConfigException(problem);
      }
      revocations.addAll(read.revocations());
      return read.certificates();
    } catch (CertificateException e) {
      throw new ConfigException(problem, e);
    }
  }

  private List<X509Certificate> ofSystem() throws ConfigException {
    try {
      return TrustAnchors.ofSystem();
    } catch (GeneralSecurityException e) {
      throw new ConfigException(
          path + ".system_root_certs: the Java runtime's trusted certificates cannot be read", e);
    }
  }

  private List<X509CRL> revocations(String pem, String name) throws ConfigException {
    List<X509CRL> revocations;
    try {
      revocations = Certificates.parse(pem).revocations();
    } catch (CertificateException e) {
      throw new ConfigException("Failed to load CRL from " + name, e);
    }
    if (revocations.isEmpty()) {
      throw new ConfigException(path + ".crl: there is no list of revoked certificates in " + name);
    }
    return revocations;
  }

  @SuppressWarnings("deprecation") // match_subject_alt_names
  private List<SanMatcher> names(List<String> warnings) throws ConfigException {
    List<SanMatcher> names = new ArrayList<>();
    for (int i = 0; i < config.getMatchTypedSubjectAltNamesCount(); i++) {
      SubjectAltNameMatcher name = config.getMatchTypedSubjectAltNames(i);
      String at = path + ".match_typed_subject_alt_names[" + i + "]";
      warnings.addAll(TlsFields.NAME.check(name, at));
      names.add(SanMatcher.of(name, at));
      if (!name.getOid().isEmpty()
          && name.getSanType() != SubjectAltNameMatcher.SanType.OTHER_NAME) {
        warnings.add(at + ".oid is ignored: it concerns names of type OTHER_NAME only");
      }
    }
    if (names.isEmpty()) {
      // The old field names no type: it looks at all that need nothing else to be named.
      for (int i = 0; i < config.getMatchSubjectAltNamesCount(); i++) {
        for (SubjectAltName.Type type : SubjectAltName.Type.values()) {
          if (type != SubjectAltName.Type.OTHER_NAME) {
            names.add(
                SanMatcher.of(
                    type,
                    config.getMatchSubjectAltNames(i),
                    path + ".match_subject_alt_names[" + i + "]"));
          }
        }
      }
    }
    return names;
  }

  private List<ByteString> certificateHashes() throws ConfigException {
    List<ByteString> hashes = new ArrayList<>();
    for (String hash : config.getVerifyCertificateHashList()) {
      String hex = hash.length() == HEX_WITH_COLONS ? hash.replace(":", "") : hash;
      hashes.add(sha256(hash, "hex", () -> hex(hex)));
    }
    return hashes;
  }

  private static byte[] hex(String text) {
    return BaseEncoding.base16().decode(text.toUpperCase(Locale.ROOT));
  }

  private List<ByteString> keyHashes() throws ConfigException {
    List<ByteString> hashes = new ArrayList<>();
    for (String hash : config.getVerifyCertificateSpkiList()) {
      hashes.add(sha256(hash, "base64", () -> Base64.getDecoder().decode(hash)));
    }
    return hashes;
  }

  private static ByteString sha256(String hash, String encoding, Supplier<byte[]> decoder)
      throws ConfigException {
    try {
      byte[] decoded = decoder.get();
      if (decoded.length == SHA256_BYTES) {
        return ByteString.copyFrom(decoded);
      }
    } catch (IllegalArgumentException e) {
      throw new ConfigException("Invalid " + encoding + "-encoded SHA-256 " + hash, e);
    }
    throw new ConfigException("Invalid " + encoding + "-encoded SHA-256 " + hash);
  }
}
