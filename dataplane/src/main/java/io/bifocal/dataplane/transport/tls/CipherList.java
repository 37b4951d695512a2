package io.bifocal.dataplane.transport.tls;

import java.util.List;

/**
 * Ciphers of TLS up to 1.2, by preference.
 *
 * @param rules in BoringSSL's language: names, several of one rank between brackets, groups, and
 *     what is taken away again
 * @param named the same for who knows nothing but names; none when that cannot be said
 */
public record CipherList(String rules, List<CipherSuite> named) {
  /** Envoy's: of two that are as good, a server takes the one that its client likes better. */
  static final CipherList DEFAULT =
      new CipherList(
          "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:"
              + "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:"
              + "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
          CipherSuite.DEFAULTS);

  public CipherList {
    named = List.copyOf(named);
  }
}
