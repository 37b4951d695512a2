package io.bifocal.api.constraint;

import com.google.protobuf.Duration;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.stream.Collectors;

/** Values as the generator of Envoy's validators, a Go program, wrote them into its texts. */
final class GoText {
  private GoText() {}

  static String list(Collection<?> values) {
    return values.stream().map(GoText::of).collect(Collectors.joining(" ", "[", "]"));
  }

  static String of(Object value) {
    if (value instanceof Double || value instanceof Float) {
      return new BigDecimal(value.toString()).stripTrailingZeros().toPlainString();
    }
    return value instanceof Duration duration ? duration(duration) : value.toString();
  }

  /** {@code 1h0m0s}, {@code 2.5s}, {@code 1ms}. */
  private static String duration(Duration duration) {
    long seconds = duration.getSeconds();
    int nanos = duration.getNanos();
    if (seconds == 0 && nanos != 0) {
      return nanos < 1_000
          ? nanos + "ns"
          : nanos < 1_000_000 ? decimal(nanos, 3) + "µs" : decimal(nanos, 6) + "ms";
    }
    String text = decimal(seconds % 60 * 1_000_000_000 + nanos, 9) + "s";
    long minutes = seconds / 60;
    if (minutes > 0) {
      text = minutes % 60 + "m" + text;
    }
    return minutes >= 60 ? minutes / 60 + "h" + text : text;
  }

  private static String decimal(long value, int scale) {
    return value == 0 ? "0" : BigDecimal.valueOf(value, scale).stripTrailingZeros().toPlainString();
  }

  /** In quotes, with Go's escapes. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case 0x07 -> quoted.append("\\a");
        case 0x0b -> quoted.append("\\v");
        default -> {
          if (c < 0x20 || c == 0x7f) {
            quoted.append("\\x%02x".formatted((int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
