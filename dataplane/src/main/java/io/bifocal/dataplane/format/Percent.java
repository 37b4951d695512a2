package io.bifocal.dataplane.format;

import java.nio.charset.StandardCharsets;

/** Text as a URL carries it: all but letters, digits and four signs is escaped (RFC 3986). */
public final class Percent {
  private Percent() {}

  public static String encoded(String text) {
    StringBuilder out = new StringBuilder(text.length() * 2);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
      if (plain || b == '-' || b == '_' || b == '.' || b == '~') {
        out.append((char) b);
      } else {
        out.append('%')
            .append(Character.toUpperCase(Character.forDigit((b >> 4) & 0xf, 16)))
            .append(Character.toUpperCase(Character.forDigit(b & 0xf, 16)));
      }
    }
    return out.toString();
  }
}
