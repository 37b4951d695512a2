package io.bifocal.conformance.rfc8305;

/**
 * What a client got.
 *
 * @param body the short name of the address that served, or the body of an error
 * @param millis after the first attempt's SYN, or after the request when there was none
 */
record Reply(int status, String body, long millis) {
  /** From {@code 200 4a at 300}. */
  static Reply of(String text) {
    int body = text.indexOf(' ');
    int at = text.lastIndexOf(" at ");
    return new Reply(
        Integer.parseInt(text.substring(0, body)),
        text.substring(body + 1, at),
        Long.parseLong(text.substring(at + 4)));
  }

  /** Whether this is the same answer within the tolerance. */
  boolean isAbout(Reply other) {
    return status == other.status
        && body.equals(other.body)
        && Timeline.isAbout(millis, other.millis);
  }

  @Override
  public String toString() {
    return status + " " + body + " at " + millis;
  }
}
