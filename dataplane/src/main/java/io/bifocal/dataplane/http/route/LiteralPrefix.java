package io.bifocal.dataplane.http.route;

/** What every text begins with that a regular expression can match as a whole. */
final class LiteralPrefix {
  private static final String SPECIAL = ".[($^*+?{|\\)]}";
  private static final String REPEATING = "*?{";

  private LiteralPrefix() {}

  /** At least the empty text, which is always right. */
  static String of(String regex) {
    // A choice anywhere may be one between wholes; that is not looked into.
    if (regex.indexOf('|') >= 0) {
      return "";
    }
    StringBuilder prefix = new StringBuilder();
    int at = regex.startsWith("^") ? 1 : 0;
    while (at < regex.length()) {
      char c = regex.charAt(at);
      if (c == '\\' && at + 1 < regex.length() && !isLetterOrDigit(regex.charAt(at + 1))) {
        c = regex.charAt(at + 1);
        at++;
      } else if (c >= 0x80 || SPECIAL.indexOf(c) >= 0) {
        break;
      }
      prefix.append(c);
      at++;
    }
    // What may be there no time at all is no beginning.
    if (at < regex.length() && REPEATING.indexOf(regex.charAt(at)) >= 0 && prefix.length() > 0) {
      prefix.setLength(prefix.length() - 1);
    }
    return prefix.toString();
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
