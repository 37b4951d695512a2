package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** From an {@code UpstreamTlsContext} to what of it is obeyed. */
public final class UpstreamTlsReader {
  private final TlsProvider provider;

  /** For transport sockets of this provider. */
  public UpstreamTlsReader(TlsProvider provider) {
    this.provider = provider;
  }

  /**
   * Reads and checks, files among it, and makes what the connections will share.
   *
   * @param path where the context is, for what Envoy has no words for
   * @param warnings gets what is accepted without effect
   * @throws ConfigException in Envoy's words where it has any, else with the field's path
   */
  public UpstreamTls read(Any config, String path, List<String> warnings) throws ConfigException {
    UpstreamTlsContext context = Unpack.as(UpstreamTlsContext.getDefaultInstance(), config);
    TlsSettings settings = settings(context, path, warnings);
    try {
      return UpstreamTls.of(settings, provider);
    } catch (SSLException e) {
      throw new ConfigException(path + ": " + e.getMessage(), e);
    }
  }

  private TlsSettings settings(UpstreamTlsContext context, String path, List<String> warnings)
      throws ConfigException {
    warnings.addAll(TlsFields.UPSTREAM.check(context, path));
    CommonTlsContext common = context.getCommonTlsContext();
    String commonPath = path + ".common_tls_context";
    // The oldest and the newest version alike, as with Envoy.
    Terms terms = TermsReader.read(common, TlsVersion.TLS_1_2, provider, commonPath, warnings);
    if (context.getSni().indexOf('\0') >= 0) {
      throw new ConfigException("SNI names containing NULL-byte are not allowed");
    }
    return new TlsSettings(
        context.getSni(),
        context.getAutoHostSni(),
        terms.alpn(),
        terms.min(),
        terms.max(),
        terms.ciphers(),
        terms.curves(),
        certificate(common, commonPath + ".tls_certificates", warnings),
        verifier(context, commonPath + ".validation_context", warnings),
        sessions(context));
  }

  private static @Nullable OwnCertificate certificate(
      CommonTlsContext common, String path, List<String> warnings) throws ConfigException {
    if (common.getTlsCertificatesCount() > 1) {
      throw new ConfigException("Multiple TLS certificates are not supported for client contexts");
    }
    return common.getTlsCertificatesCount() == 0
        ? null
        : OwnCertificateReader.read(common.getTlsCertificates(0), path + "[0]", warnings);
  }

  private static @Nullable PeerVerifier verifier(
      UpstreamTlsContext context, String path, List<String> warnings) throws ConfigException {
    boolean autoSan = context.getAutoSniSanValidation();
    if (context.getCommonTlsContext().hasValidationContext()) {
      return PeerVerifierReader.read(
          context.getCommonTlsContext().getValidationContext(),
          PeerRole.SERVER,
          autoSan,
          path,
          warnings);
    }
    if (autoSan) {
      throw new ConfigException(
          "'auto_sni_san_validation' was configured without a validation context");
    }
    return null;
  }

  private static int sessions(UpstreamTlsContext context) {
    int wanted =
        context.hasMaxSessionKeys()
            ? context.getMaxSessionKeys().getValue()
            : TlsSettings.DEFAULT.sessions();
    return wanted < 0 ? Integer.MAX_VALUE : wanted;
  }
}
