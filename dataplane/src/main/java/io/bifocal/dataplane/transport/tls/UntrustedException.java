package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;

/** A chain of certificates that leads to nobody who is trusted. */
final class UntrustedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int number;
  private final String reason;

  /**
   * @param depth of the certificate that is to blame: 0 for the peer's own
   */
  UntrustedException(ChainError error, int depth) {
    this(
        error.number(),
        "X509_verify_cert: certificate verification error at depth %d: %s"
            .formatted(depth, error.text()));
  }

  /** For a reason that is none of a chain's. */
  UntrustedException(String reason) {
    this(Rejection.CERTIFICATE_UNKNOWN, reason);
  }

  private UntrustedException(int number, String reason) {
    super(reason, null, false, false);
    this.number = number;
    this.reason = reason;
  }

  /** OpenSSL's, which decides of the alert that is sent. */
  int number() {
    return number;
  }

  /** As Envoy words it. */
  String reason() {
    return reason;
  }
}
