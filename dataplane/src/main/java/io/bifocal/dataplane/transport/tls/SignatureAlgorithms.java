package io.bifocal.dataplane.transport.tls;

import io.bifocal.api.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Which signatures peers may make. BoringSSL's own choice cannot be changed here: a list that holds
 * all of it is taken, since then nothing is allowed that nobody asked for.
 */
final class SignatureAlgorithms {
  private static final Set<String> OFFERED =
      Set.of(
          "ecdsa_secp256r1_sha256",
          "ecdsa_secp384r1_sha384",
          "rsa_pss_rsae_sha256",
          "rsa_pss_rsae_sha384",
          "rsa_pss_rsae_sha512",
          "rsa_pkcs1_sha1",
          "rsa_pkcs1_sha256",
          "rsa_pkcs1_sha384",
          "rsa_pkcs1_sha512");

  private static final Set<String> KNOWN_BESIDE =
      Set.of("ecdsa_secp521r1_sha512", "ecdsa_sha1", "ed25519", "rsa_pkcs1_md5_sha1");

  private SignatureAlgorithms() {}

  /**
   * Checks a list in BoringSSL's names.
   *
   * @param path where it is
   * @param warnings gets what of it is not offered
   * @throws ConfigException when less is wanted, or what is not known
   */
  static void check(
      List<String> configured, TlsProvider provider, String path, List<String> warnings)
      throws ConfigException {
    if (configured.isEmpty()) {
      return;
    }
    List<String> more = new ArrayList<>(Arrays.asList(String.join(":", configured).split(":")));
    boolean whole = OFFERED.stream().allMatch(more::remove); // once: BoringSSL takes none twice
    boolean known =
        KNOWN_BESIDE.containsAll(more) && more.stream().distinct().count() == more.size();
    if (provider != TlsProvider.BORINGSSL || !whole || !known) {
      throw new ConfigException(
          path + ": the library offers its own, and leaves none of them out: " + configured);
    }
    warnings.add(
        path
            + ": the order is the library's"
            + (more.isEmpty() ? "" : ", and not offered is " + String.join(", ", more)));
  }
}
