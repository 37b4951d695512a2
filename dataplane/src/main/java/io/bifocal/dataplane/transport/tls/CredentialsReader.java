package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.secret.SecretFiles;
import io.bifocal.dataplane.secret.SecretKind;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.transport.tls.CredentialsPlan.Followed;
import io.bifocal.dataplane.transport.tls.CredentialsPlan.Reading;
import io.bifocal.dataplane.transport.tls.CredentialsPlan.Wanted;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Reads certificates and the judgement of peers, written out or by the names of secrets. */
final class CredentialsReader {
  private final Secrets secrets;
  private final PeerRole peer;
  private final boolean autoSan;
  private final List<String> warnings;
  private final List<Wanted> wanted = new ArrayList<>();
  private final List<Followed> followed = new ArrayList<>();
  private Credentials known = Credentials.NONE;
  private boolean validating;
  private int places;

  /**
   * @param peer whom we are going to talk to
   * @param autoSan {@code auto_sni_san_validation}
   */
  CredentialsReader(Secrets secrets, PeerRole peer, boolean autoSan, List<String> warnings) {
    this.secrets = secrets;
    this.peer = peer;
    this.autoSan = autoSan;
    this.warnings = warnings;
  }

  /**
   * Whether only such a validation will do as QUIC wants of clients that must show who they are.
   */
  CredentialsReader validating(boolean wanted) {
    validating = wanted;
    return this;
  }

  /** All that was read. */
  CredentialsPlan plan() {
    return new CredentialsPlan(known, List.copyOf(wanted), List.copyOf(followed));
  }

  /** Certificates and validation. */
  CredentialsReader read(CommonTlsContext common, String path) throws ConfigException {
    for (int i = 0; i < common.getTlsCertificatesCount(); i++) {
      read(common.getTlsCertificates(i), path + ".tls_certificates[" + i + "]", places++);
    }
    for (int i = 0; i < common.getTlsCertificateSdsSecretConfigsCount(); i++) {
      int place = places++;
      read(
          SecretKind.TLS_CERTIFICATE,
          common.getTlsCertificateSdsSecretConfigs(i),
          path + ".tls_certificate_sds_secret_configs[" + i + "]",
          place,
          certificate(place, common.getTlsCertificateSdsSecretConfigs(i).getName()));
    }
    readValidation(common, path);
    return this;
  }

  private void read(TlsCertificate config, String path, int place) throws ConfigException {
    String name = CertificateNames.of(config);
    follow(secret(path).setTlsCertificate(config), certificate(place, name));
    OwnCertificate own =
        peer == PeerRole.CLIENT
            ? OwnCertificateReader.needed(config, path, warnings)
            : OwnCertificateReader.read(config, path, warnings);
    if (own != null) {
      known = known.withCertificate(place, own.called(name));
    }
  }

  private static Reading certificate(int place, String name) {
    return (secret, told) -> {
      OwnCertificate own =
          OwnCertificateReader.needed(secret.getTlsCertificate(), at(secret.getName()), told);
      return now -> now.withCertificate(place, own.called(name));
    };
  }

  private static Secret.Builder secret(String path) {
    return Secret.newBuilder().setName(path);
  }

  /** To be called before the files are read into use, so that a swap between is noticed. */
  private void follow(Secret.Builder written, Reading reading) throws ConfigException {
    Secret secret = written.build();
    if (SecretFiles.areWatched(secret)) {
      followed.add(new Followed(secret, SecretFiles.read(secret), reading));
    }
  }

  private void readValidation(CommonTlsContext common, String path) throws ConfigException {
    switch (common.getValidationContextTypeCase()) {
      case VALIDATION_CONTEXT -> {
        String at = path + ".validation_context";
        String name = CertificateNames.of(common.getValidationContext());
        follow(
            secret(at).setValidationContext(common.getValidationContext()),
            (secret, told) -> verifier(secret.getValidationContext(), name, at, told));
        known = verifier(common.getValidationContext(), name, at, warnings).apply(known);
      }
      case VALIDATION_CONTEXT_SDS_SECRET_CONFIG ->
          readValidation(
              CertificateValidationContext.getDefaultInstance(),
              common.getValidationContextSdsSecretConfig(),
              path + ".validation_context_sds_secret_config");
      case COMBINED_VALIDATION_CONTEXT -> {
        CombinedCertificateValidationContext combined = common.getCombinedValidationContext();
        String combinedPath = path + ".combined_validation_context";
        warnings.addAll(TlsFields.COMBINED.check(combined, combinedPath));
        readValidation(
            combined.getDefaultValidationContext(),
            combined.getValidationContextSdsSecretConfig(),
            combinedPath + ".validation_context_sds_secret_config");
      }
      default -> {
        if (autoSan) {
          throw new ConfigException(
              "'auto_sni_san_validation' was configured without a validation context");
        }
      }
    }
  }

  private void readValidation(
      CertificateValidationContext defaults, SdsSecretConfig sds, String path)
      throws ConfigException {
    read(
        SecretKind.VALIDATION_CONTEXT,
        sds,
        path,
        places++,
        (secret, told) ->
            verifier(
                defaults.toBuilder().mergeFrom(secret.getValidationContext()).build(),
                sds.getName(),
                at(secret.getName()),
                told));
  }

  private UnaryOperator<Credentials> verifier(
      CertificateValidationContext config, String name, String path, List<String> told)
      throws ConfigException {
    PeerVerifier verifier = PeerVerifierReader.read(config, peer, autoSan, path, told);
    if (validating) {
      QuicTerms.checkValidates(config);
    }
    return now -> now.withVerifier(verifier, name);
  }

  /** Keys for sessions that clients keep. */
  void readTicketKeys(SdsSecretConfig sds, String path) throws ConfigException {
    read(SecretKind.SESSION_TICKET_KEYS, sds, path, places++, CredentialsReader::ticketKeys);
  }

  void readTicketKeys(TlsSessionTicketKeys keys, String path) throws ConfigException {
    follow(secret(path).setSessionTicketKeys(keys), CredentialsReader::ticketKeys);
    known = known.withTicketKeys(TicketKeys.read(keys));
  }

  private static UnaryOperator<Credentials> ticketKeys(Secret secret, List<String> told)
      throws ConfigException {
    TicketKeys keys = TicketKeys.read(secret.getSessionTicketKeys());
    return now -> now.withTicketKeys(keys);
  }

  private void read(SecretKind kind, SdsSecretConfig sds, String path, int place, Reading reading)
      throws ConfigException {
    warnings.addAll(TlsFields.SDS.check(sds, path));
    if (!sds.hasSdsConfig()) {
      known = reading.read(secrets.fixed(kind, sds.getName()), warnings).apply(known);
      return;
    }
    known = known.without(place);
    wanted.add(
        new Wanted(
            kind,
            sds.getSdsConfig(),
            sds.getName(),
            (secret, told) -> {
              UnaryOperator<Credentials> read = reading.read(secret, told);
              return now -> read.apply(now).supplied(place);
            }));
  }

  private static String at(String secret) {
    return "secret '" + secret + "'";
  }
}
