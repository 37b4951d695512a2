package io.bifocal.dataplane.cli.probe;

import java.util.Locale;

/**
 * Tells in a user's words why a handshake failed: from the texts of the whole chain of causes,
 * which name BoringSSL's errors and the verifier's findings.
 */
final class TlsDiagnosis {
  private static final String HANGS_UP =
      "it hangs up in the handshake, as a server does that speaks no TLS, or knows no such name";

  private TlsDiagnosis() {}

  /** What ended a transport socket after its socket had been connected. */
  static Failure of(Throwable failure) {
    String detail = failure.getMessage() == null ? "" : failure.getMessage();
    String all = all(failure);
    if (isVerification(all)) {
      return verification(all, detail);
    }
    if (all.contains("wrong_version_number") || all.contains("notsslrecord")) {
      return new Failure(
          Reason.NOT_TLS, "what it answers is not TLS (--no-tls speaks none)", detail);
    }
    if (all.contains("_alert_")) {
      return new Failure(Reason.TLS_FAILED, "it refuses: " + alert(detail), detail);
    }
    if (detail.isEmpty() || all.contains("closedchannel") || all.contains("reset by peer")) {
      return new Failure(Reason.RESET, HANGS_UP, detail);
    }
    return new Failure(Reason.TLS_FAILED, detail, detail);
  }

  /** Whether it is our own verdict on the peer's certificate. */
  static boolean isVerification(String detail) {
    return detail.toLowerCase(Locale.ROOT).contains("certificate_verify_failed");
  }

  /** What is wrong with the certificate. */
  static Failure verification(String detail) {
    return verification(detail.toLowerCase(Locale.ROOT), detail);
  }

  private static Failure verification(String all, String detail) {
    if (all.contains("has expired")) {
      return new Failure(Reason.CERTIFICATE_EXPIRED, "--insecure connects all the same", detail);
    }
    if (all.contains("not yet valid")) {
      return new Failure(
          Reason.CERTIFICATE_NOT_YET_VALID, "is this machine's clock right?", detail);
    }
    if (all.contains("san matcher")) {
      return new Failure(
          Reason.CERTIFICATE_NAME, "it is for " + names(detail) + " (--sni asks for one)", detail);
    }
    return new Failure(
        Reason.CERTIFICATE_UNTRUSTED,
        "nobody who is trusted vouches for it (--ca names whom to trust)",
        detail);
  }

  private static String names(String detail) {
    int from = detail.indexOf('[');
    int until = detail.indexOf(']', from + 1);
    String names = from < 0 || until < 0 ? "" : detail.substring(from + 1, until);
    return names.isEmpty() ? "no name at all" : names;
  }

  /** E.g. {@code handshake failure} of {@code …:SSLV3_ALERT_HANDSHAKE_FAILURE:TLS_error_end}. */
  private static String alert(String detail) {
    int from = detail.indexOf("_ALERT_");
    String name = detail.substring(from + "_ALERT_".length()).split(":", 2)[0];
    return name.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String all(Throwable failure) {
    StringBuilder all = new StringBuilder();
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 10; t = t.getCause()) {
      all.append(t.getClass().getSimpleName()).append(' ').append(t.getMessage()).append('\n');
      depth++;
    }
    return all.toString().toLowerCase(Locale.ROOT);
  }
}
