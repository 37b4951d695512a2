package io.bifocal.conformance.rfc8305;

/** What a client is told when no attempt has won: status and body. */
final class Outcome {
  private static final String RESET =
      "503 upstream connect error or disconnect/reset before headers. reset reason: ";

  static final String REFUSED = RESET + "remote connection failure";
  static final String FAILED_HERE = RESET + "local connection failure";
  static final String TIMED_OUT = RESET + "connection timeout";

  private Outcome() {}
}
