package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.extension.Registry;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what servers and clients configure alike; what is wrong is told in Envoy's words. */
final class TermsReader {
  private static final int MAX_ALPN = 255;

  private TermsReader() {}

  /**
   * Reads and checks.
   *
   * @param newest the newest version where none is configured
   * @param path where {@code common} is
   */
  static Terms read(
      CommonTlsContext common,
      TlsVersion newest,
      TlsProvider provider,
      String path,
      List<String> warnings)
      throws ConfigException {
    checkExtensions(common);
    warnings.addAll(TlsFields.COMMON.check(common, path));
    TlsParameters params = common.getTlsParams();
    String paramsPath = path + ".tls_params";
    warnings.addAll(TlsFields.PARAMETERS.check(params, paramsPath));
    SignatureAlgorithms.check(
        params.getSignatureAlgorithmsList(),
        provider,
        paramsPath + ".signature_algorithms",
        warnings);
    List<String> alpn = alpn(common);
    checkAlpn(alpn);
    TlsVersion min = version(params.getTlsMinimumProtocolVersion(), TlsVersion.TLS_1_2);
    TlsVersion max = version(params.getTlsMaximumProtocolVersion(), newest);
    if (max.compareTo(min) < 0) {
      warnings.add(
          "%s: the newest version, %s, is older than the oldest, %s: no connection will be made"
              .formatted(paramsPath, max.text(), min.text()));
    }
    return new Terms(
        alpn,
        min,
        max,
        CipherListReader.read(
            params.getCipherSuitesList(), provider, paramsPath + ".cipher_suites", warnings),
        CurveReader.read(
            params.getEcdhCurvesList(), provider, paramsPath + ".ecdh_curves", warnings));
  }

  /** There are none of these kinds. */
  private static void checkExtensions(CommonTlsContext common) throws ConfigException {
    for (TypedExtensionConfig config :
        List.of(common.getCustomHandshaker(), common.getCustomTlsCertificateSelector())) {
      if (!config.getName().isEmpty()) {
        var never = new Registry<Object>().find(config.getName(), config.getTypedConfig());
        throw new IllegalStateException("there is no " + never);
      }
    }
  }

  /**
   * Where keys are written down.
   *
   * @return null when they are not
   */
  static @Nullable KeyLog keyLog(
      CommonTlsContext common,
      String path,
      TlsProvider provider,
      KeyLog.Files files,
      List<String> warnings)
      throws ConfigException {
    if (!common.hasKeyLog()) {
      return null;
    }
    String at = path + ".key_log";
    if (provider == TlsProvider.JDK) {
      warnings.add(at + " is ignored: the Java runtime keeps its keys to itself");
      return null;
    }
    warnings.add(
        at
            + ": who can read '"
            + common.getKeyLog().getPath()
            + "' can read what is encrypted on these connections");
    return KeyLog.read(common.getKeyLog(), at, files);
  }

  private static TlsVersion version(TlsProtocol version, TlsVersion auto) throws ConfigException {
    return switch (version) {
      case TLS_AUTO -> auto;
      case TLSv1_0 -> TlsVersion.TLS_1_0;
      case TLSv1_1 -> TlsVersion.TLS_1_1;
      case TLSv1_2 -> TlsVersion.TLS_1_2;
      case TLSv1_3 -> TlsVersion.TLS_1_3;
      case UNRECOGNIZED -> throw new ConfigException("unknown TLS version");
    };
  }

  /** {@code alpn_protocols}: one of its texts may list several, with commas between them. */
  static List<String> alpn(CommonTlsContext common) {
    return common.getAlpnProtocolsList().stream()
        .flatMap(listed -> Arrays.stream(listed.split(",")))
        .filter(protocol -> !protocol.isEmpty())
        .toList();
  }

  private static void checkAlpn(List<String> protocols) throws ConfigException {
    for (String protocol : protocols) {
      if (protocol.getBytes(StandardCharsets.UTF_8).length > MAX_ALPN) {
        throw new ConfigException("Invalid ALPN protocol string");
      }
    }
  }
}
