package io.bifocal.dataplane.http.filter.fault;

import org.jspecify.annotations.Nullable;

/** Numbers in headers. */
final class Numbers {
  private Numbers() {}

  /** A whole number that is not negative; −1 for anything else. */
  static long unsigned(@Nullable String text) {
    if (text == null || text.isEmpty() || !Character.isDigit(text.charAt(0))) {
      return -1;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
