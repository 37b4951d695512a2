package io.bifocal.api.tree;

import io.bifocal.api.tree.Node.Kind;
import io.bifocal.api.tree.Node.Scalar;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What unquoted text means to Envoy: YAML 1.1's booleans, C's integers (a leading zero is octal);
 * all else is a string, decimals included. Its field decides later whether that will do.
 */
final class PlainScalars {
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
  private static final Set<String> TRUE = Set.of("y", "yes", "true", "on");
  private static final Set<String> FALSE = Set.of("n", "no", "false", "off");
  private static final Pattern DECIMAL = Pattern.compile("[-+]?[1-9][0-9]{0,18}|[-+]?0");
  private static final Pattern OCTAL = Pattern.compile("[-+]?0[0-7]{1,22}");
  private static final Pattern HEX = Pattern.compile("[-+]?0[xX][0-9a-fA-F]{1,16}");
  private static final Pattern FLOAT =
      Pattern.compile("-?[0-9]{1,400}(\\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?");

  private PlainScalars() {}

  static Scalar resolve(String text, int line) {
    if (NULLS.contains(text)) {
      return new Scalar(Kind.NULL, "null", line);
    }
    if (isWord(text)) {
      String lower = text.toLowerCase(Locale.ROOT);
      if (TRUE.contains(lower)) {
        return new Scalar(Kind.BOOL, "true", line);
      }
      if (FALSE.contains(lower)) {
        return new Scalar(Kind.BOOL, "false", line);
      }
    }
    BigInteger integer = integer(text);
    if (integer != null && integer.bitLength() < Long.SIZE) {
      // Envoy hands larger ones on as strings, which only matters where any value may stand.
      boolean small = integer.bitLength() < Integer.SIZE;
      return new Scalar(small ? Kind.NUMBER : Kind.STRING, integer.toString(), line);
    }
    return new Scalar(Kind.STRING, text, line);
  }

  /**
   * In JSON only a few words need no quotes.
   *
   * @return null if it is none of them
   */
  static @Nullable Scalar json(String text, int line) {
    if (FLOAT.matcher(text).matches()) {
      return new Scalar(Kind.NUMBER, text, line);
    }
    return switch (text) {
      case "null", "" -> new Scalar(Kind.NULL, "null", line);
      case "true", "false" -> new Scalar(Kind.BOOL, text, line);
      default -> null;
    };
  }

  /** All lower, all upper, or capitalised. */
  private static boolean isWord(String text) {
    if (text.length() > 5) {
      return false;
    }
    String rest = text.substring(1);
    return rest.equals(rest.toLowerCase(Locale.ROOT)) || text.equals(text.toUpperCase(Locale.ROOT));
  }

  private static @Nullable BigInteger integer(String text) {
    if (DECIMAL.matcher(text).matches()) {
      return new BigInteger(text);
    }
    boolean negative = text.startsWith("-");
    String digits = negative || text.startsWith("+") ? text.substring(1) : text;
    BigInteger value;
    if (HEX.matcher(text).matches()) {
      value = new BigInteger(digits.substring(2), 16);
    } else if (OCTAL.matcher(text).matches()) {
      value = new BigInteger(digits, 8);
    } else {
      return null;
    }
    return negative ? value.negate() : value;
  }
}
