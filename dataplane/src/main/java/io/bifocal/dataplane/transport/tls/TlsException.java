package io.bifocal.dataplane.transport.tls;

import java.io.IOException;

/** A handshake that failed; the message is fit for {@code %UPSTREAM_TRANSPORT_FAILURE_REASON%}. */
final class TlsException extends IOException {
  private static final long serialVersionUID = 1L;

  private TlsException(String reason) {
    super(reason);
  }

  /** In Envoy's words. */
  static TlsException noSecret() {
    return new TlsException("TLS_error: Secret is not supplied by SDS");
  }

  TlsException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
