package io.bifocal.dataplane.transport.tls;

/** A chain of certificates that leads to nobody who is trusted. */
final class UntrustedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ChainError error;
  private final int depth;

  /**
   * @param depth of the certificate that is to blame: 0 for the peer's own
   */
  UntrustedException(ChainError error, int depth) {
    super(error.text(), null, false, false);
    this.error = error;
    this.depth = depth;
  }

  ChainError error() {
    return error;
  }

  /** As Envoy words it. */
  String reason() {
    return "X509_verify_cert: certificate verification error at depth %d: %s"
        .formatted(depth, error.text());
  }
}
