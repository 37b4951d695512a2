package io.bifocal.dataplane.format;

/** Strings of JSON (RFC 8259 section 7). */
final class JsonString {
  private JsonString() {}

  /** The same value as a string of JSON. */
  static Command quoted(Command value) {
    return (stream, out) -> {
      int start = out.length();
      if (!value.append(stream, out)) {
        return false;
      }
      if (isPlain(out, start)) {
        out.insert(start, '"').append('"');
      } else {
        String raw = out.substring(start);
        out.setLength(start);
        quote(raw, out);
      }
      return true;
    };
  }

  private static boolean isPlain(StringBuilder text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\' || c == 0x7f) {
        return false;
      }
    }
    return true;
  }

  static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < ' ' || c == 0x7f) {
            out.append("\\u00")
                .append(Character.forDigit(c >> 4, 16))
                .append(Character.forDigit(c & 0xf, 16));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
