package io.bifocal.dataplane.http.codec;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a request begins (RFC 9112, section 3).
 *
 * @param target as it was sent, byte by byte
 */
record RequestLine(String method, String target, Version version) {
  /** Of HTTP. */
  enum Version {
    HTTP_1_0,
    HTTP_1_1,
    OTHER;

    private static final byte[] PREFIX = "HTTP/".getBytes(StandardCharsets.US_ASCII);
    private static final int LENGTH = "HTTP/1.1".length();
    private static final int MAJOR = 5;
    private static final int DOT = 6;
    private static final int MINOR = 7;

    /** The version in {@code bytes}; null when it is none. */
    static @Nullable Version of(byte[] bytes, int start, int end) {
      if (end - start != LENGTH || bytes[start + DOT] != '.') {
        return null;
      }
      for (int i = 0; i < PREFIX.length; i++) {
        if (bytes[start + i] != PREFIX[i]) {
          return null;
        }
      }
      byte major = bytes[start + MAJOR];
      byte minor = bytes[start + MINOR];
      if (!isDigit(major) || !isDigit(minor)) {
        return null;
      }
      if (major != '1' || minor > '1') {
        return OTHER;
      }
      return minor == '1' ? HTTP_1_1 : HTTP_1_0;
    }
  }

  static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** The line that stands between two places; null when there is none. */
  static @Nullable RequestLine of(byte[] bytes, int start, int end) {
    int methodEnd = separator(bytes, start, end);
    int target = behindSeparators(bytes, methodEnd, end);
    int targetEnd = separator(bytes, target, end);
    Version version = Version.of(bytes, behindSeparators(bytes, targetEnd, end), end);
    String method = Methods.of(bytes, start, methodEnd);
    return version == null || method == null
        ? null
        : new RequestLine(
            method,
            new String(bytes, target, targetEnd - target, StandardCharsets.ISO_8859_1),
            version);
  }

  private static int separator(byte[] bytes, int start, int end) {
    int i = start;
    while (i < end && !separates(bytes[i])) {
      i++;
    }
    return i;
  }

  private static int behindSeparators(byte[] bytes, int start, int end) {
    int i = start;
    while (i < end && separates(bytes[i])) {
      i++;
    }
    return i;
  }

  // RFC 9112 allows a reader as much, and Envoy is such a one.
  private static boolean separates(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r' && b != '\n');
  }
}
