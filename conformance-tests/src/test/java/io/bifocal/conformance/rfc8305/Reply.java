package io.bifocal.conformance.rfc8305;

import java.util.List;

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

  /** Where {@code actual} is not the same within the tolerance. */
  List<Difference> differencesTo(Reply actual) {
    return what().equals(actual.what())
        ? Millis.compare(what(), millis, actual.millis)
        : List.of(Difference.of(this, actual));
  }

  /** The same without the time. */
  String what() {
    return status + " " + body;
  }

  @Override
  public String toString() {
    return what() + " at " + millis;
  }
}
