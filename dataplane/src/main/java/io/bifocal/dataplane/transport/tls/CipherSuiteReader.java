package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads {@code cipher_suites}: names, or several of one rank between brackets and bars. Of
 * BoringSSL's language of rules it knows enough to refuse it.
 */
final class CipherSuiteReader {
  private static final Set<String> GROUPS =
      Set.of(
          "ALL",
          "HIGH",
          "FIPS",
          "kRSA",
          "kECDHE",
          "kEECDH",
          "kPSK",
          "kGENERIC",
          "aRSA",
          "aECDSA",
          "aPSK",
          "aGENERIC",
          "RSA",
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

  private CipherSuiteReader() {}

  static List<CipherSuite> read(List<String> configured, String path) throws ConfigException {
    String all = String.join(":", configured);
    if (all.isEmpty()) {
      return CipherSuite.DEFAULTS;
    }
    List<CipherSuite> suites = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (String name : all.split("[:\\[\\]|]")) {
      CipherSuite suite = CipherSuite.find(name);
      if (suite != null) {
        suites.add(suite);
      } else if (GROUPS.contains(name) || name.matches("[-+!@].*")) {
        throw new ConfigException(
            path + ": '" + name + "' stands for a group of ciphers: name each of them");
      } else if (name.contains("PSK") || name.equals("DES-CBC3-SHA")) {
        throw new ConfigException(path + ": '" + name + "' is not served");
      } else if (!name.isEmpty()) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      throw new ConfigException(
          "Failed to initialize cipher suites %s. The following ciphers were rejected when tried"
                  .formatted(all)
              + " individually: "
              + String.join(", ", unknown));
    }
    return List.copyOf(suites);
  }
}
