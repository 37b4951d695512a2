package io.bifocal.dataplane.runtime;

import com.google.protobuf.Struct;
import com.google.protobuf.TextFormat;
import com.google.protobuf.Value;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.type.v3.FractionalPercent.DenominatorType;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One value, as it was written and as what it can be read. A text can be a number or a flag too; a
 * share is an object with {@code numerator} and {@code denominator}, and nothing else.
 *
 * @param text as {@code /runtime} shows it
 */
public record RuntimeValue(
    String text, @Nullable Double number, @Nullable Boolean flag, @Nullable Fraction fraction) {
  private static final String NUMERATOR = "numerator";
  private static final String DENOMINATOR = "denominator";
  private static final Set<String> OF_FRACTIONS = Set.of(NUMERATOR, DENOMINATOR);
  private static final double BEYOND_UINT64 = 0x1p64;

  /** From a file, or from what an operator sent. */
  public static RuntimeValue of(String text) {
    return new RuntimeValue(text, parseNumber(text), parseFlag(text), null);
  }

  /**
   * From a layer's configuration.
   *
   * @throws ConfigException in Envoy's words for null and for a list
   */
  static RuntimeValue of(String key, Value value) throws ConfigException {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> of(value.getStringValue());
      case NUMBER_VALUE -> of(value.getNumberValue());
      case BOOL_VALUE ->
          new RuntimeValue(String.valueOf(value.getBoolValue()), null, value.getBoolValue(), null);
      case STRUCT_VALUE -> of(value.getStructValue());
      default -> throw new ConfigException("Invalid runtime entry value for " + key);
    };
  }

  private static RuntimeValue of(double number) {
    return new RuntimeValue(text(number), number, null, null);
  }

  private static RuntimeValue of(Struct struct) {
    return new RuntimeValue(
        TextFormat.printer().printToString(struct),
        null,
        null,
        OF_FRACTIONS.containsAll(struct.getFieldsMap().keySet()) ? fraction(struct) : null);
  }

  /** Whether an object is a value; the fields of any other are values themselves. */
  static boolean isValue(Struct struct) {
    return struct.containsFields(NUMERATOR) || struct.containsFields(DENOMINATOR);
  }

  private static Fraction fraction(Struct struct) {
    Value above = struct.getFieldsOrDefault(NUMERATOR, Value.getDefaultInstance());
    Value below = struct.getFieldsOrDefault(DENOMINATOR, Value.getDefaultInstance());
    long denominator =
        switch (below.getStringValue()) {
          case "TEN_THOUSAND" -> Fraction.of(DenominatorType.TEN_THOUSAND);
          case "MILLION" -> Fraction.of(DenominatorType.MILLION);
          default -> Fraction.of(DenominatorType.HUNDRED);
        };
    return new Fraction((long) above.getNumberValue(), denominator);
  }

  /** The number without its fraction; null when there is none, or it is negative. */
  @Nullable Long unsigned() {
    Double known = number;
    return known != null && known >= 0 && known < BEYOND_UINT64
        ? Long.valueOf(clamped(known))
        : null;
  }

  private static long clamped(double number) {
    return (long) number; // at most Long.MAX_VALUE
  }

  // As Envoy prints it: six digits, and no point unless it is needed.
  private static String text(double number) {
    if (number == Math.rint(number) && Math.abs(number) < 1e15) {
      return String.valueOf((long) number);
    }
    String text = String.format(Locale.ROOT, "%.6g", number);
    return text.contains("e") || !text.contains(".")
        ? text
        : text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  private static @Nullable Double parseNumber(String text) {
    String trimmed = text.strip();
    try {
      if (trimmed.isEmpty() || trimmed.endsWith("d") || trimmed.endsWith("f")) {
        return null; // Java's own suffixes
      }
      return hexadecimal(trimmed)
          ? (double) Long.parseLong(trimmed.substring(2), 16)
          : Double.valueOf(trimmed);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static boolean hexadecimal(String text) {
    return text.startsWith("0x") || text.startsWith("0X");
  }

  private static @Nullable Boolean parseFlag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> null;
    };
  }
}
