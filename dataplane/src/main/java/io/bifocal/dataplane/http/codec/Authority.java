package io.bifocal.dataplane.http.codec;

/** Who is asked: a host and perhaps a port; RFC 3986, section 3.2. */
final class Authority {
  private static final int MAX_PORT = 65_535;
  private static final boolean[] VALID = new boolean[128];

  static {
    // Unreserved characters, sub-delimiters, and what stands around hosts, ports and users.
    String others = "-._~%!$&'()*+,;=:@[]";
    for (char c = 0; c < VALID.length; c++) {
      VALID[c] =
          (c >= '0' && c <= '9')
              || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || others.indexOf(c) >= 0;
    }
  }

  private Authority() {}

  /** Whether there are only characters that an authority may have; none at all are fine. */
  static boolean isValid(String authority) {
    for (int i = 0; i < authority.length(); i++) {
      char c = authority.charAt(i);
      if (c >= VALID.length || !VALID[c]) {
        return false;
      }
    }
    return true;
  }

  /** Whether it ends with a port, as the target of {@code CONNECT} must. */
  static boolean hasPort(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > 0 && colon + 1 < authority.length() && isPort(authority, colon + 1);
  }

  /** Whether it may stand in a URL: as {@link #isValid}, and what looks like a port is one. */
  static boolean isOfUrl(String authority) {
    int colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
    return isValid(authority) && (colon < 0 || isPort(authority, colon + 1));
  }

  static String withoutUser(String authority) {
    return authority.substring(authority.lastIndexOf('@') + 1);
  }

  private static boolean isPort(String text, int start) {
    int port = 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = Math.min(MAX_PORT + 1, port * 10 + (c - '0'));
    }
    return port <= MAX_PORT;
  }
}
