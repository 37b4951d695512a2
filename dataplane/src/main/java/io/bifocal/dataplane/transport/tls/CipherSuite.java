package io.bifocal.dataplane.transport.tls;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ciphers of TLS up to 1.2, with their two names: BoringSSL's, which configurations and statistics
 * use, and IANA's, which the JDK uses.
 */
public enum CipherSuite {
  ECDHE_ECDSA_AES128_GCM("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
  ECDHE_ECDSA_CHACHA20(
      "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
  ECDHE_RSA_AES128_GCM("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
  ECDHE_RSA_CHACHA20("ECDHE-RSA-CHACHA20-POLY1305", "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
  ECDHE_ECDSA_AES256_GCM("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
  ECDHE_RSA_AES256_GCM("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
  ECDHE_ECDSA_AES128("ECDHE-ECDSA-AES128-SHA", "ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
  ECDHE_RSA_AES128("ECDHE-RSA-AES128-SHA", "ECDHE_RSA_WITH_AES_128_CBC_SHA"),
  ECDHE_ECDSA_AES256("ECDHE-ECDSA-AES256-SHA", "ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
  ECDHE_RSA_AES256("ECDHE-RSA-AES256-SHA", "ECDHE_RSA_WITH_AES_256_CBC_SHA"),
  ECDHE_ECDSA_AES128_SHA256("ECDHE-ECDSA-AES128-SHA256", "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
  ECDHE_RSA_AES128_SHA256("ECDHE-RSA-AES128-SHA256", "ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
  AES128_GCM("AES128-GCM-SHA256", "RSA_WITH_AES_128_GCM_SHA256"),
  AES256_GCM("AES256-GCM-SHA384", "RSA_WITH_AES_256_GCM_SHA384"),
  AES128("AES128-SHA", "RSA_WITH_AES_128_CBC_SHA"),
  AES256("AES256-SHA", "RSA_WITH_AES_256_CBC_SHA"),
  DES_CBC3("DES-CBC3-SHA", "RSA_WITH_3DES_EDE_CBC_SHA");

  /** What Envoy's clients offer. */
  static final List<CipherSuite> DEFAULTS =
      List.of(
          ECDHE_ECDSA_AES128_GCM,
          ECDHE_ECDSA_CHACHA20,
          ECDHE_RSA_AES128_GCM,
          ECDHE_RSA_CHACHA20,
          ECDHE_ECDSA_AES256_GCM,
          ECDHE_RSA_AES256_GCM);

  /** Those of TLS 1.3, by the one name that they have: they are always offered. */
  static final List<String> OF_TLS_1_3 =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  private final String openSsl;
  private final String iana;

  CipherSuite(String openSsl, String iana) {
    this.openSsl = openSsl;
    this.iana = "TLS_" + iana;
  }

  String iana() {
    return iana;
  }

  /** By either name, or null. */
  static @Nullable CipherSuite find(String name) {
    return Arrays.stream(values())
        .filter(c -> c.openSsl.equals(name) || c.iana.equals(name))
        .findAny()
        .orElse(null);
  }

  /** The name that statistics use for what a library calls {@code name}. */
  public static String openSslName(String name) {
    CipherSuite known = find(name);
    return known == null ? name : known.openSsl;
  }
}
