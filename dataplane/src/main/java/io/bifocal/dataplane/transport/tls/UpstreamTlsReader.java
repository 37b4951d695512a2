package io.bifocal.dataplane.transport.tls;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLException;

/** From an {@code UpstreamTlsContext} to what of it is obeyed. */
public final class UpstreamTlsReader {
  private static final int MAX_ALPN = 255;

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
    warnings.addAll(TlsFields.COMMON.check(common, commonPath));
    TlsParameters params = common.getTlsParams();
    String paramsPath = commonPath + ".tls_params";
    warnings.addAll(TlsFields.PARAMETERS.check(params, paramsPath));
    if (context.getSni().indexOf('\0') >= 0) {
      throw new ConfigException("SNI names containing NULL-byte are not allowed");
    }
    checkAlpn(common.getAlpnProtocolsList());
    TlsVersion min = version(params.getTlsMinimumProtocolVersion());
    TlsVersion max = version(params.getTlsMaximumProtocolVersion());
    if (max.compareTo(min) < 0) {
      warnings.add(
          "%s: the newest version, %s, is older than the oldest, %s: no connection will be made"
              .formatted(paramsPath, max.text(), min.text()));
    }
    return new TlsSettings(
        context.getSni(),
        context.getAutoHostSni(),
        common.getAlpnProtocolsList().stream().filter(p -> !p.isEmpty()).toList(),
        min,
        max,
        CipherSuiteReader.read(params.getCipherSuitesList(), paramsPath + ".cipher_suites"),
        CurveReader.read(
            params.getEcdhCurvesList(), provider, paramsPath + ".ecdh_curves", warnings),
        ClientCertificateReader.read(
            common.getTlsCertificatesList(), commonPath + ".tls_certificates", warnings),
        PeerVerifierReader.read(context, commonPath + ".validation_context", warnings),
        sessions(context));
  }

  private static int sessions(UpstreamTlsContext context) {
    int wanted =
        context.hasMaxSessionKeys()
            ? context.getMaxSessionKeys().getValue()
            : TlsSettings.DEFAULT.sessions();
    return wanted < 0 ? Integer.MAX_VALUE : wanted;
  }

  private static TlsVersion version(TlsProtocol version) throws ConfigException {
    return switch (version) {
      case TLS_AUTO -> TlsVersion.TLS_1_2; // the oldest and the newest alike, as with Envoy
      case TLSv1_0 -> TlsVersion.TLS_1_0;
      case TLSv1_1 -> TlsVersion.TLS_1_1;
      case TLSv1_2 -> TlsVersion.TLS_1_2;
      case TLSv1_3 -> TlsVersion.TLS_1_3;
      case UNRECOGNIZED -> throw new ConfigException("unknown TLS version");
    };
  }

  private static void checkAlpn(List<String> protocols) throws ConfigException {
    for (String protocol : protocols) {
      if (protocol.getBytes(StandardCharsets.UTF_8).length > MAX_ALPN) {
        throw new ConfigException("Invalid ALPN protocol string");
      }
    }
  }
}
