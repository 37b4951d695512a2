package io.bifocal.api.json;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** JSON being written: one space of indent a level, commas where they belong. */
final class JsonText {
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder out = new StringBuilder();
  private int depth;
  private boolean first = true;

  void open(char bracket) {
    out.append(bracket);
    depth++;
    first = true;
  }

  /** Closes; what is empty stays on one line. */
  void close(char bracket) {
    depth--;
    if (!first) {
      newLine();
    }
    out.append(bracket);
    first = false;
  }

  /** Before each element of a list. */
  void item() {
    if (!first) {
      out.append(',');
    }
    first = false;
    newLine();
  }

  void key(String name) {
    item();
    string(name);
    out.append(": ");
  }

  void raw(String token) {
    out.append(token);
  }

  void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      character(text.charAt(i));
    }
    out.append('"');
  }

  private void character(char c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      default -> {
        if (mustEscape(c)) {
          out.append("\\u")
              .append(HEX.charAt(c >> 12))
              .append(HEX.charAt(c >> 8 & 15))
              .append(HEX.charAt(c >> 4 & 15))
              .append(HEX.charAt(c & 15));
        } else {
          out.append(c);
        }
      }
    }
  }

  /** Controls, what HTML would take for a tag, and what a reader cannot see. */
  private static boolean mustEscape(char c) {
    return c < 0x20
        || c == '<'
        || c == '>'
        || (c >= 0x7f && c < 0xa0)
        || c == 0xad
        || (c >= 0x200b && c <= 0x200f)
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2060 && c <= 0x2064)
        || c == 0xfeff
        || (c >= 0xfff9 && c <= 0xfffb);
  }

  /** The shortest decimal that reads back as the same number. */
  void number(String shortest, double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      string(Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
      return;
    }
    if (value == 0) {
      out.append(1 / value < 0 ? "-0" : "0");
      return;
    }
    BigDecimal decimal = new BigDecimal(shortest).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 15) {
      out.append(decimal.toPlainString());
      return;
    }
    BigDecimal mantissa =
        decimal.movePointLeft(exponent).setScale(decimal.precision() - 1, RoundingMode.UNNECESSARY);
    out.append(mantissa.toPlainString())
        .append(exponent < 0 ? "e-" : "e+")
        .append(Math.abs(exponent) < 10 ? "0" : "")
        .append(Math.abs(exponent));
  }

  private void newLine() {
    out.append('\n');
    for (int i = 0; i < depth; i++) {
      out.append(' ');
    }
  }

  /** What was written since this was asked last. */
  String take() {
    String taken = out.toString();
    out.setLength(0);
    return taken;
  }
}
