package io.bifocal.dataplane.transport.quic;

import org.jspecify.annotations.Nullable;

/** A handshake failed; the message is for access logs. */
final class QuicException extends Exception {
  private static final long serialVersionUID = 1;

  QuicException(String message, @Nullable Throwable cause) {
    super(message, cause, false, false);
  }
}
