package io.bifocal.dataplane.transport.tls;

/** What a peer is to us, and so what its certificate must be good for, as BoringSSL judges it. */
enum PeerRole {
  SERVER("1.3.6.1.5.5.7.3.1", true),
  CLIENT("1.3.6.1.5.5.7.3.2", false);

  // Bits of RFC 5280 section 4.2.1.3.
  private static final int DIGITAL_SIGNATURE = 0;
  private static final int KEY_ENCIPHERMENT = 2;
  private static final int KEY_AGREEMENT = 4;

  private final String purpose;
  private final boolean mayDecrypt;

  PeerRole(String purpose, boolean mayDecrypt) {
    this.purpose = purpose;
    this.mayDecrypt = mayDecrypt;
  }

  /** The extended key usage, one of which a certificate that has any must name. */
  String purpose() {
    return purpose;
  }

  /** Whether a key of that usage signs, or helps to agree on a key. */
  boolean isServedBy(boolean[] usage) {
    return usage[DIGITAL_SIGNATURE]
        || usage[KEY_AGREEMENT]
        || (mayDecrypt && usage[KEY_ENCIPHERMENT]);
  }
}
