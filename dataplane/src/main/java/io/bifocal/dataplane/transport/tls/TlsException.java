package io.bifocal.dataplane.transport.tls;

import java.io.IOException;

/** A handshake that failed; the message is fit for {@code %UPSTREAM_TRANSPORT_FAILURE_REASON%}. */
final class TlsException extends IOException {
  private static final long serialVersionUID = 1L;

  TlsException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
