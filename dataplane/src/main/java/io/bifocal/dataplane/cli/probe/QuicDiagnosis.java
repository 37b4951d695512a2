package io.bifocal.dataplane.cli.probe;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells in a user's words why a handshake of QUIC failed. */
final class QuicDiagnosis {
  /** How the transport words what a peer closes with. */
  private static final Pattern CLOSED = Pattern.compile("QUIC: error ([0-9]{1,9}) from peer");

  /** An error is a TLS alert's number plus this (RFC 9001 section 4.8). */
  private static final int FIRST_ALERT = 0x100;

  private static final int LAST_ALERT = 0x1ff;

  /** RFC 7301 section 3.2. */
  private static final int NO_APPLICATION_PROTOCOL = 120;

  private QuicDiagnosis() {}

  /** What ended a connection that was coming about, of which something had been heard. */
  static Failure of(String detail) {
    if (TlsDiagnosis.isVerification(detail)) {
      return TlsDiagnosis.verification(detail);
    }
    Matcher closed = CLOSED.matcher(detail);
    if (!closed.find()) {
      return new Failure(Reason.OTHER, detail, detail);
    }
    int error = Integer.parseInt(closed.group(1));
    if (error == FIRST_ALERT + NO_APPLICATION_PROTOCOL) {
      return new Failure(Reason.NOT_HTTP3, "it speaks QUIC, but not HTTP/3", detail);
    }
    return error >= FIRST_ALERT && error <= LAST_ALERT
        ? new Failure(
            Reason.TLS_FAILED, "it refuses: TLS alert %d".formatted(error - FIRST_ALERT), detail)
        : new Failure(Reason.RESET, "it hangs up: QUIC error %d".formatted(error), detail);
  }
}
