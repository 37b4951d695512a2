package io.bifocal.dataplane.transport.tls;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.secret.Secrets;
import io.envoyproxy.envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext.OcspStaplePolicy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** From a {@code DownstreamTlsContext} to what of it is obeyed. */
public final class DownstreamTlsReader {
  private final TlsProvider provider;
  private final Secrets secrets;
  private final TlsContexts contexts;
  private final KeyLog.Files keyLogs;

  /** For transport sockets of this provider. */
  public DownstreamTlsReader(TlsProvider provider, Secrets secrets) {
    this(provider, secrets, new TlsContexts(), KeyLog.Files.NONE);
  }

  /** The same, whose contexts are listed while they are in use. */
  public DownstreamTlsReader(
      TlsProvider provider, Secrets secrets, TlsContexts contexts, KeyLog.Files keyLogs) {
    this.keyLogs = keyLogs;
    this.provider = provider;
    this.secrets = secrets;
    this.contexts = contexts;
  }

  /**
   * Reads and checks, files among it, and makes what the connections will share.
   *
   * @param path where the context is, for what Envoy has no words for
   * @param spoken which protocols of ALPN can be spoken here: others are not agreed on
   * @param warnings gets what is accepted without effect
   * @throws ConfigException in Envoy's words where it has any, else with the field's path
   */
  public DownstreamTls read(
      Any config, String path, Predicate<String> spoken, List<String> warnings)
      throws ConfigException {
    DownstreamTlsContext context = Unpack.as(DownstreamTlsContext.getDefaultInstance(), config);
    warnings.addAll(TlsFields.DOWNSTREAM.check(context, path));
    CommonTlsContext common = context.getCommonTlsContext();
    String commonPath = path + ".common_tls_context";
    Terms terms =
        spoken(
            TermsReader.read(common, TlsVersion.TLS_1_3, provider, commonPath, warnings),
            spoken,
            commonPath + ".alpn_protocols",
            warnings);
    CredentialsPlan plan = credentials(context, path, false, warnings);
    warnOfSessions(context, path, warnings);
    KeyLog keyLog = TermsReader.keyLog(common, commonPath, provider, keyLogs, warnings);
    if (provider == TlsProvider.JDK) {
      withoutStaples(context, path, "the Java runtime shows no status of ours", warnings);
    }
    try {
      return new DownstreamTls(
          secrets,
          new SecretContext<>(
              plan,
              contexts,
              now -> new ServerTlsContext(settings(context, terms, now, keyLog), provider)));
    } catch (SSLException e) {
      throw new ConfigException(path + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a {@code QuicDownstreamTransport}, whose TLS is QUIC's own.
   *
   * @throws ConfigException also where QUIC does not load
   */
  public DownstreamQuic readQuic(Any config, String path, List<String> warnings)
      throws ConfigException {
    QuicDownstreamTransport quic = Unpack.as(QuicDownstreamTransport.getDefaultInstance(), config);
    warnings.addAll(TlsFields.QUIC_DOWNSTREAM.check(quic, path));
    DownstreamTlsContext context = quic.getDownstreamTlsContext();
    String at = path + ".downstream_tls_context";
    warnings.addAll(TlsFields.DOWNSTREAM.check(context, at));
    String commonPath = at + ".common_tls_context";
    Terms read =
        TermsReader.read(
            context.getCommonTlsContext(), TlsVersion.TLS_1_3, provider, commonPath, warnings);
    List<String> alpn = read.alpn().isEmpty() ? List.of("h3") : read.alpn();
    Terms terms =
        spoken(
            new Terms(alpn, TlsVersion.TLS_1_3, TlsVersion.TLS_1_3, read.ciphers(), read.curves()),
            "h3"::equals,
            commonPath + ".alpn_protocols",
            warnings);
    CredentialsPlan plan =
        credentials(context, at, context.getRequireClientCertificate().getValue(), warnings);
    warnOfSessions(context, at, warnings);
    withoutStaples(context, at, "over QUIC no status of certificates is shown", warnings);
    QuicTerms.warn(context.getCommonTlsContext(), commonPath, warnings);
    KeyLog keyLog =
        TermsReader.keyLog(
            context.getCommonTlsContext(), commonPath, TlsProvider.BORINGSSL, keyLogs, warnings);
    if (context.getPreferClientCiphers()) {
      warnings.add(at + ".prefer_client_ciphers: QUIC's library chooses among those of TLS 1.3");
    }
    try {
      return new DownstreamQuic(
          secrets,
          new SecretContext<>(
              plan, contexts, now -> new QuicServerContext(settings(context, terms, now, keyLog))));
    } catch (SSLException e) {
      throw new ConfigException(path + ": " + e.getMessage(), e);
    }
  }

  private static void withoutStaples(
      DownstreamTlsContext context, String path, String why, List<String> warnings)
      throws ConfigException {
    if (context.getOcspStaplePolicy() != OcspStaplePolicy.LENIENT_STAPLING) {
      throw new ConfigException(path + ".ocsp_staple_policy: " + why);
    }
    if (context.getCommonTlsContext().getTlsCertificatesList().stream()
        .anyMatch(TlsCertificate::hasOcspStaple)) {
      warnings.add(path + ": ocsp_staple is ignored: " + why);
    }
  }

  /**
   * Certificates, validation and keys.
   *
   * @param validated whether clients are refused unless there is an authority to validate them by
   */
  private CredentialsPlan credentials(
      DownstreamTlsContext context, String path, boolean validated, List<String> warnings)
      throws ConfigException {
    CommonTlsContext common = context.getCommonTlsContext();
    if (common.getTlsCertificatesCount() + common.getTlsCertificateSdsSecretConfigsCount() == 0) {
      throw new ConfigException("No TLS certificates found for server context");
    }
    if (common.getTlsCertificatesCount() > 0
        && common.getTlsCertificateSdsSecretConfigsCount() > 0) {
      throw new ConfigException(
          "SDS and non-SDS TLS certificates may not be mixed in server contexts");
    }
    if (validated) {
      QuicTerms.checkValidates(common);
    }
    CredentialsReader reader =
        new CredentialsReader(secrets, PeerRole.CLIENT, false, warnings)
            .validating(validated)
            .read(common, path + ".common_tls_context");
    if (context.hasSessionTicketKeys()) {
      reader.readTicketKeys(context.getSessionTicketKeys(), path + ".session_ticket_keys");
    } else if (context.hasSessionTicketKeysSdsSecretConfig()) {
      reader.readTicketKeys(
          context.getSessionTicketKeysSdsSecretConfig(),
          path + ".session_ticket_keys_sds_secret_config");
    }
    return reader.plan();
  }

  private static ServerTlsSettings settings(
      DownstreamTlsContext context, Terms terms, Credentials credentials, @Nullable KeyLog keyLog)
      throws ConfigException {
    return new ServerTlsSettings(
        terms,
        credentials.certificates(),
        credentials.verifier(),
        context.getRequireClientCertificate().getValue(),
        context.getPreferClientCiphers(),
        !context.getDisableStatelessSessionResumption(),
        ticketKeys(context, credentials),
        !context.getDisableStatefulSessionResumption(),
        Stapling.of(
            credentials.certificates(), context.getOcspStaplePolicy(), InstantSource.system()),
        keyLog,
        context.hasSessionTimeout()
            ? Duration.ofSeconds(context.getSessionTimeout().getSeconds())
            : Duration.ZERO);
  }

  // Envoy binds sessions to the same, by a session's context.
  private static TicketKeys ticketKeys(DownstreamTlsContext context, Credentials credentials)
      throws ConfigException {
    PeerVerifier verifier = credentials.verifier();
    if (verifier == null) {
      return credentials.ticketKeys();
    }
    CommonTlsContext common = context.getCommonTlsContext();
    Hasher judging =
        Hashing.sha256()
            .newHasher()
            .putBoolean(context.getRequireClientCertificate().getValue())
            .putBytes(common.getValidationContext().toByteArray())
            .putBytes(common.getCombinedValidationContext().toByteArray())
            .putBytes(common.getValidationContextSdsSecretConfig().toByteArray());
    try {
      for (X509Certificate trusted : verifier.trustedCertificates()) {
        judging.putBytes(trusted.getEncoded());
      }
    } catch (CertificateEncodingException e) {
      throw new ConfigException("a trusted certificate cannot be encoded: " + e.getMessage(), e);
    }
    return credentials.ticketKeys().of(ByteString.copyFrom(judging.hash().asBytes()));
  }

  private static Terms spoken(
      Terms terms, Predicate<String> spoken, String path, List<String> warnings) {
    List<String> alpn = terms.alpn().stream().filter(spoken).toList();
    if (alpn.size() < terms.alpn().size()) {
      warnings.add(
          "%s: of %s only %s can be spoken to clients, and agreed on"
              .formatted(path, terms.alpn(), alpn));
    }
    return new Terms(alpn, terms.min(), terms.max(), terms.ciphers(), terms.curves());
  }

  private void warnOfSessions(DownstreamTlsContext context, String path, List<String> warnings) {
    if (provider == TlsProvider.JDK
        && (context.getDisableStatelessSessionResumption()
            || context.getDisableStatefulSessionResumption())) {
      warnings.add(path + ": how sessions are resumed is for the Java runtime to decide");
    }
    boolean keys = context.hasSessionTicketKeys() || context.hasSessionTicketKeysSdsSecretConfig();
    if (provider == TlsProvider.JDK && keys) {
      warnings.add(path + ": the Java runtime makes the keys for session tickets itself");
    }
  }
}
