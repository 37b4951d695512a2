package io.bifocal.conformance.rfc8305;

/** What a client is told when no attempt has won: status and body. */
final class Outcome {
  private static final String ERROR =
      "503 upstream connect error or disconnect/reset before headers. ";
  private static final String RESET = ERROR + "reset reason: ";
  private static final String RESET_AGAIN = ERROR + "retried and the latest reset reason: ";

  static final String REFUSED = RESET + "remote connection failure";
  static final String REFUSED_AGAIN = RESET_AGAIN + "remote connection failure";
  static final String FAILED_HERE = RESET + "local connection failure";
  static final String TIMED_OUT = RESET + "connection timeout";
  static final String TIMED_OUT_AGAIN = RESET_AGAIN + "connection timeout";

  private Outcome() {}
}
