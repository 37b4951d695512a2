package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** From a {@code DownstreamTlsContext} to what of it is obeyed. */
public final class DownstreamTlsReader {
  private final TlsProvider provider;

  /** For transport sockets of this provider. */
  public DownstreamTlsReader(TlsProvider provider) {
    this.provider = provider;
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
    ServerTlsSettings settings =
        new ServerTlsSettings(
            terms,
            certificates(common.getTlsCertificatesList(), commonPath, warnings),
            verifier(common, commonPath, warnings),
            context.getRequireClientCertificate().getValue(),
            !context.getDisableStatelessSessionResumption(),
            !context.getDisableStatefulSessionResumption(),
            context.hasSessionTimeout()
                ? JavaDuration.of(context.getSessionTimeout())
                : Duration.ZERO);
    warnOfSessions(context, path, warnings);
    try {
      return new DownstreamTls(new ServerTlsContext(settings, provider));
    } catch (SSLException e) {
      throw new ConfigException(path + ": " + e.getMessage(), e);
    }
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

  private static List<OwnCertificate> certificates(
      List<TlsCertificate> configured, String path, List<String> warnings) throws ConfigException {
    if (configured.isEmpty()) {
      throw new ConfigException("No TLS certificates found for server context");
    }
    List<OwnCertificate> certificates = new ArrayList<>();
    for (int i = 0; i < configured.size(); i++) {
      certificates.add(
          OwnCertificateReader.needed(
              configured.get(i), path + ".tls_certificates[" + i + "]", warnings));
    }
    return certificates;
  }

  private static @Nullable PeerVerifier verifier(
      CommonTlsContext common, String path, List<String> warnings) throws ConfigException {
    return common.hasValidationContext()
        ? PeerVerifierReader.read(
            common.getValidationContext(),
            PeerRole.CLIENT,
            false,
            path + ".validation_context",
            warnings)
        : null;
  }

  private void warnOfSessions(DownstreamTlsContext context, String path, List<String> warnings) {
    if (provider == TlsProvider.JDK
        && (context.getDisableStatelessSessionResumption()
            || context.getDisableStatefulSessionResumption())) {
      warnings.add(path + ": how sessions are resumed is for the Java runtime to decide");
    }
  }
}
