package io.bifocal.dataplane.http.codec;

import org.jspecify.annotations.Nullable;

/** {@code :status}, which is three digits; RFC 9110, section 15. */
final class Status {
  private Status() {}

  /** Zero when it is none. */
  static int parse(@Nullable CharSequence text) {
    if (text == null || text.length() != 3) {
      return 0;
    }
    int status = 0;
    for (int i = 0; i < 3; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      status = status * 10 + digit;
    }
    return status;
  }
}
