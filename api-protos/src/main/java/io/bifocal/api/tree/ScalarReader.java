package io.bifocal.api.tree;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.bifocal.api.tree.Node.Kind;
import io.bifocal.api.tree.Node.Scalar;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A scalar in the type of its field. */
final class ScalarReader {
  /** Bounded, so that {@code 1e999999999} costs nothing. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?([0-9]{1,400}\\.?[0-9]{0,400}|\\.[0-9]{1,400})([eE][-+]?[0-9]{1,3})?");

  private static final BigInteger UINT64_MAX =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final BigInteger UINT32_MAX = BigInteger.valueOf(0xFFFFFFFFL);

  private static final Map<String, Double> NOT_FINITE =
      Map.of(
          "NaN", Double.NaN,
          "Infinity", Double.POSITIVE_INFINITY,
          "-Infinity", Double.NEGATIVE_INFINITY);

  private ScalarReader() {}

  /**
   * Reads.
   *
   * @return what a builder's {@code setField} wants; null for an enum value that is not known
   */
  static @Nullable Object read(FieldDescriptor field, Node node, Path path) throws TreeException {
    if (!(node instanceof Scalar scalar)) {
      throw path.wrong(node, "expected " + wanted(field) + ", found " + node.described());
    }
    return switch (field.getType()) {
      case BOOL -> bool(scalar, path);
      case STRING -> string(scalar, path);
      case BYTES -> bytes(scalar, path);
      case ENUM -> enumValue(field.getEnumType(), scalar);
      case DOUBLE -> decimal(scalar, path);
      case FLOAT -> floating(scalar, path);
      case INT32, SINT32, SFIXED32 ->
          integer(
                  scalar,
                  path,
                  BigInteger.valueOf(Integer.MIN_VALUE),
                  BigInteger.valueOf(Integer.MAX_VALUE))
              .intValue();
      case UINT32, FIXED32 -> integer(scalar, path, BigInteger.ZERO, UINT32_MAX).intValue();
      case INT64, SINT64, SFIXED64 ->
          integer(
                  scalar,
                  path,
                  BigInteger.valueOf(Long.MIN_VALUE),
                  BigInteger.valueOf(Long.MAX_VALUE))
              .longValue();
      case UINT64, FIXED64 -> integer(scalar, path, BigInteger.ZERO, UINT64_MAX).longValue();
      case MESSAGE, GROUP -> throw new IllegalArgumentException(field.getFullName());
    };
  }

  private static String wanted(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case STRING -> "a string";
      case BYTE_STRING -> "a base64 string";
      case BOOLEAN -> "a boolean";
      case ENUM -> "a value of " + field.getEnumType().getFullName();
      default -> "a number";
    };
  }

  private static boolean bool(Scalar scalar, Path path) throws TreeException {
    if (scalar.kind() == Kind.BOOL || scalar.kind() == Kind.STRING) {
      switch (scalar.text().toLowerCase(Locale.ROOT)) {
        case "true", "t", "yes", "y", "1" -> {
          return true;
        }
        case "false", "f", "no", "n", "0" -> {
          return false;
        }
        default -> {}
      }
    }
    throw path.wrong(scalar, "expected a boolean, found " + scalar.described());
  }

  private static String string(Scalar scalar, Path path) throws TreeException {
    if (scalar.kind() != Kind.STRING) {
      throw path.wrong(
          scalar,
          "expected a string, found " + scalar.described() + " (quote it to mean the text)");
    }
    return scalar.text();
  }

  private static ByteString bytes(Scalar scalar, Path path) throws TreeException {
    String text = string(scalar, path).replace('-', '+').replace('_', '/');
    try {
      return ByteString.copyFrom(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw path.wrong(scalar, "not base64");
    }
  }

  private static @Nullable EnumValueDescriptor enumValue(EnumDescriptor type, Scalar scalar) {
    if (scalar.kind() == Kind.NULL) {
      return type.getFullName().equals("google.protobuf.NullValue")
          ? type.findValueByNumber(0)
          : null;
    }
    if (scalar.kind() == Kind.STRING) {
      EnumValueDescriptor exact = type.findValueByName(scalar.text());
      if (exact != null) {
        return exact;
      }
      for (EnumValueDescriptor value : type.getValues()) {
        if (value.getName().equalsIgnoreCase(scalar.text())) {
          return value;
        }
      }
    }
    if (scalar.kind() == Kind.BOOL || !scalar.text().matches("-?[0-9]{1,10}")) {
      return null;
    }
    long number = Long.parseLong(scalar.text());
    // A number without a name is for the constraints to judge.
    return number == (int) number ? type.findValueByNumberCreatingIfUnknown((int) number) : null;
  }

  private static double decimal(Scalar scalar, Path path) throws TreeException {
    Double special = scalar.kind() == Kind.STRING ? NOT_FINITE.get(scalar.text()) : null;
    if (special != null) {
      return special;
    }
    requireNumber(scalar, path);
    double value = Double.parseDouble(scalar.text());
    if (Double.isInfinite(value)) {
      throw path.wrong(scalar, "out of range: " + scalar.text());
    }
    return value;
  }

  private static float floating(Scalar scalar, Path path) throws TreeException {
    double value = decimal(scalar, path);
    if (Double.isFinite(value) && Float.isInfinite((float) value)) {
      throw path.wrong(scalar, "out of range: " + scalar.text());
    }
    return (float) value;
  }

  private static BigInteger integer(Scalar scalar, Path path, BigInteger min, BigInteger max)
      throws TreeException {
    requireNumber(scalar, path);
    BigInteger value;
    try {
      value = new BigDecimal(scalar.text()).toBigIntegerExact();
    } catch (ArithmeticException e) {
      throw path.wrong(scalar, "not a whole number: " + scalar.text());
    }
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw path.wrong(
          scalar, "out of range: " + scalar.text() + " is not in [" + min + ", " + max + "]");
    }
    return value;
  }

  private static void requireNumber(Scalar scalar, Path path) throws TreeException {
    boolean written = scalar.kind() == Kind.NUMBER || scalar.kind() == Kind.STRING;
    if (!written || !NUMBER.matcher(scalar.text()).matches()) {
      throw path.wrong(scalar, "expected a number, found " + quoted(scalar));
    }
  }

  private static String quoted(Scalar scalar) {
    return scalar.kind() == Kind.STRING && scalar.text().length() <= 64
        ? "'" + scalar.text() + "'"
        : scalar.described();
  }
}
