package io.bifocal.dataplane.http.codec;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;

/** Values of fields (RFC 9110, section 5.5), byte by byte as they came. */
final class FieldValue {
  private static final long LAST_TENTH = Long.MAX_VALUE / 10 - 1;

  private FieldValue() {}

  /** Whether a value may have it: anything but control characters. */
  static boolean isText(byte b) {
    return (b >= ' ' && b != 0x7f) || b < 0 || b == '\t';
  }

  /** The value between two places, without blanks at its end; {@code bytes} is not to change. */
  static AsciiString of(byte[] bytes, int start, int end) {
    int last = end;
    while (last > start && (bytes[last - 1] == ' ' || bytes[last - 1] == '\t')) {
      last--;
    }
    return last == start
        ? AsciiString.EMPTY_STRING
        : new AsciiString(bytes, start, last - start, false);
  }

  /** Two parts with a blank in between. */
  static AsciiString joined(CharSequence one, CharSequence other) {
    return new AsciiString((one + " " + other).getBytes(StandardCharsets.ISO_8859_1), false);
  }

  /** A number without a sign; negative for none or a larger one than any length. */
  static long number(CharSequence digits) {
    long number = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9' || number > LAST_TENTH) {
        return -1;
      }
      number = number * 10 + (c - '0');
    }
    return digits.length() == 0 ? -1 : number;
  }
}
