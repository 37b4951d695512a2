package io.bifocal.dataplane.transport.quic;

/** A handshake failed; the message is for access logs. */
final class QuicException extends Exception {
  private static final long serialVersionUID = 1;

  QuicException(String message, Throwable cause) {
    super(message, cause, false, false);
  }
}
