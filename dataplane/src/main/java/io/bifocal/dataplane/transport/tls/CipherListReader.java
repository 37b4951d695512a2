package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads {@code cipher_suites}. BoringSSL says itself whether it understands the rules, but not
 * which of their words it does not know.
 */
final class CipherListReader {
  private static final Set<String> GROUPS =
      Set.of(
          "ALL",
          "DEFAULT",
          "HIGH",
          "FIPS",
          "kRSA",
          "kECDHE",
          "kEECDH",
          "kPSK",
          "aRSA",
          "aECDSA",
          "aPSK",
          "RSA",
          "ECDH",
          "ECDHE",
          "EECDH",
          "ECDSA",
          "PSK",
          "3DES",
          "AES128",
          "AES256",
          "AES",
          "AESGCM",
          "CHACHA20",
          "SHA1",
          "SHA",
          "SSLv3",
          "TLSv1",
          "TLSv1.2");

  /**
   * Those that a key is needed for that both sides know before, which can be configured nowhere.
   */
  private static final Set<String> WITH_SHARED_KEYS =
      Set.of(
          "PSK-AES128-CBC-SHA",
          "PSK-AES256-CBC-SHA",
          "ECDHE-PSK-AES128-CBC-SHA",
          "ECDHE-PSK-AES256-CBC-SHA",
          "ECDHE-PSK-CHACHA20-POLY1305",
          "TLS_PSK_WITH_AES_128_CBC_SHA",
          "TLS_PSK_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256");

  /** A rule of its own, but no word. */
  private static final String BY_STRENGTH = "@STRENGTH";

  private static final Pattern NAMES = Pattern.compile("([^]\\[|:!+@-][^]\\[|:!+@]*)");
  private static final Pattern PLAIN =
      Pattern.compile(
          "(%1$s|\\[%1$s(\\|%1$s)*])(:(%1$s|\\[%1$s(\\|%1$s)*]))*".formatted(NAMES.pattern()));

  private CipherListReader() {}

  /**
   * Reads and checks.
   *
   * @param warnings gets the names of TLS 1.3, which choose nothing
   * @throws ConfigException in Envoy's words; for the JDK also when it is no list of names
   */
  static CipherList read(
      List<String> configured, TlsProvider provider, String path, List<String> warnings)
      throws ConfigException {
    String rules = String.join(":", configured);
    if (rules.isEmpty()) {
      return CipherList.DEFAULT;
    }
    List<String> words = words(rules);
    List<String> unknown = words.stream().filter(word -> !isKnown(word)).toList();
    boolean understood =
        provider == TlsProvider.BORINGSSL
            ? LibraryContext.takesCiphers(rules)
            : BY_STRENGTH.equals(rules) || words.stream().anyMatch(CipherListReader::isKnown);
    if (!understood || !unknown.stream().allMatch(CipherListReader::choosesNothing)) {
      throw new ConfigException(
          "Failed to initialize cipher suites %s. The following ciphers were rejected when tried"
                  .formatted(rules)
              + " individually: "
              + String.join(", ", unknown));
    }
    List<String> always = words.stream().filter(CipherSuite.OF_TLS_1_3::contains).toList();
    List<CipherSuite> named = PLAIN.matcher(rules).matches() ? suites(words) : List.of();
    if (provider == TlsProvider.JDK && named.size() + always.size() < words.size()) {
      throw new ConfigException(
          path + ": the Java runtime wants the names of ciphers that it has: '" + rules + "'");
    }
    if (!always.isEmpty()) {
      warnings.add(
          "%s: %s: those of TLS 1.3 are all offered, listed or not"
              .formatted(path, String.join(", ", always)));
    }
    return new CipherList(rules, named);
  }

  /** As Envoy cuts it when it looks for what is wrong. */
  private static List<String> words(String rules) {
    List<String> words = new ArrayList<>();
    for (String word : rules.split("[:+!\\[|\\]]")) {
      String bare = word.startsWith("-") ? word.substring(1) : word;
      if (!bare.isEmpty()) {
        words.add(bare);
      }
    }
    return words;
  }

  private static boolean isKnown(String word) {
    return GROUPS.contains(word)
        || WITH_SHARED_KEYS.contains(word)
        || CipherSuite.find(word) != null;
  }

  /** What is taken beside names of ciphers, and refused alone. */
  private static boolean choosesNothing(String word) {
    return BY_STRENGTH.equals(word) || CipherSuite.OF_TLS_1_3.contains(word);
  }

  private static List<CipherSuite> suites(List<String> words) {
    List<CipherSuite> suites = new ArrayList<>();
    for (String word : words) {
      CipherSuite suite = CipherSuite.find(word);
      if (suite != null) {
        suites.add(suite);
      }
    }
    return suites;
  }
}
