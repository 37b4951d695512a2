package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import java.util.List;
import java.util.Map;

/** Reads {@code ecdh_curves}. */
final class CurveReader {
  /** What Envoy calls them, and what BoringSSL's list takes through Netty. */
  private static final Map<String, String> CURVES =
      Map.of(
          "X25519", "X25519",
          "x25519", "X25519",
          "P-256", "P-256",
          "prime256v1", "P-256",
          "P-384", "P-384",
          "secp384r1", "P-384",
          "P-521", "P-521",
          "secp521r1", "P-521",
          "X25519MLKEM768", "X25519MLKEM768");

  private CurveReader() {}

  static List<String> read(
      List<String> configured, TlsProvider provider, String path, List<String> warnings)
      throws ConfigException {
    String all = String.join(":", configured);
    if (all.isEmpty()) {
      return TlsSettings.DEFAULT.curves();
    }
    List<String> names = List.of(all.split(":"));
    if (!CURVES.keySet().containsAll(names)) {
      throw new ConfigException("Failed to initialize ECDH curves " + all);
    }
    if (provider == TlsProvider.JDK) {
      warnings.add(path + " is ignored: the Java runtime chooses among those that it has");
    }
    return names.stream().map(CURVES::get).distinct().toList();
  }
}
