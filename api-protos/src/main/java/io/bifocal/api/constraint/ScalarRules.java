package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.envoyproxy.pgv.validate.Validate.BoolRules;
import io.envoyproxy.pgv.validate.Validate.EnumRules;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Numbers, booleans and enums. */
final class ScalarRules {
  private static final Set<String> NUMBER_RULES =
      Set.of("const", "lt", "lte", "gt", "gte", "in", "not_in", "ignore_empty");

  private ScalarRules() {}

  /**
   * The twelve kinds of number have the same rules.
   *
   * @param rules e.g. {@code UInt32Rules}
   * @param value the field whose values are checked, for a wrapper its {@code value}
   */
  static ValueCheck number(Message rules, FieldDescriptor value) {
    Handled.only(rules, NUMBER_RULES);
    ValueCheck check =
        ValueCheck.allOf(
            constant(rule(rules, "const")),
            bounds(rules, order(value)),
            in(list(rules, "in")),
            notIn(list(rules, "not_in")));
    boolean ignoreEmpty = Boolean.TRUE.equals(rule(rules, "ignore_empty"));
    return check.unless(ignoreEmpty, value.getDefaultValue());
  }

  private static ValueCheck constant(@Nullable Object only) {
    return only == null
        ? ValueCheck.NONE
        : value -> value.equals(only) ? null : "value must equal " + GoText.of(only);
  }

  private static ValueCheck bounds(Message rules, Comparator<Object> order) {
    return new Bounds<>(
            rule(rules, "gt"), rule(rules, "gte"), rule(rules, "lt"), rule(rules, "lte"), order)
        .check();
  }

  static ValueCheck in(List<?> list) {
    if (list.isEmpty()) {
      return ValueCheck.NONE;
    }
    Set<Object> set = new HashSet<>(list);
    String text = "value must be in list " + GoText.list(list);
    return value -> set.contains(value) ? null : text;
  }

  static ValueCheck notIn(List<?> list) {
    if (list.isEmpty()) {
      return ValueCheck.NONE;
    }
    Set<Object> set = new HashSet<>(list);
    String text = "value must not be in list " + GoText.list(list);
    return value -> set.contains(value) ? text : null;
  }

  private static @Nullable Object rule(Message rules, String name) {
    FieldDescriptor field = rules.getDescriptorForType().findFieldByName(name);
    return rules.hasField(field) ? rules.getField(field) : null;
  }

  private static List<?> list(Message rules, String name) {
    return (List<?>) rules.getField(rules.getDescriptorForType().findFieldByName(name));
  }

  private static Comparator<Object> order(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, FIXED32 -> (a, b) -> Integer.compareUnsigned((Integer) a, (Integer) b);
      case UINT64, FIXED64 -> (a, b) -> Long.compareUnsigned((Long) a, (Long) b);
      case INT32, SINT32, SFIXED32 -> (a, b) -> Integer.compare((Integer) a, (Integer) b);
      case INT64, SINT64, SFIXED64 -> (a, b) -> Long.compare((Long) a, (Long) b);
      case FLOAT -> (a, b) -> Float.compare((Float) a, (Float) b);
      case DOUBLE -> (a, b) -> Double.compare((Double) a, (Double) b);
      default -> throw new IllegalArgumentException(field.getFullName() + " is no number");
    };
  }

  static ValueCheck bool(BoolRules rules) {
    Handled.only(rules, Set.of("const"));
    return rules.hasConst() ? constant(rules.getConst()) : ValueCheck.NONE;
  }

  static ValueCheck enumeration(EnumRules rules, EnumDescriptor type) {
    Handled.only(rules, Set.of("const", "defined_only", "in", "not_in"));
    ValueCheck defined =
        rules.getDefinedOnly()
            ? value ->
                ((EnumValueDescriptor) value).getIndex() >= 0
                    ? null
                    : "value must be one of the defined enum values"
            : ValueCheck.NONE;
    ValueCheck constant =
        rules.hasConst()
            ? value ->
                ((EnumValueDescriptor) value).getNumber() == rules.getConst()
                    ? null
                    : "value must equal " + name(type, rules.getConst())
            : ValueCheck.NONE;
    List<String> in = names(type, rules.getInList());
    List<String> notIn = names(type, rules.getNotInList());
    ValueCheck listed = ValueCheck.allOf(in(in), notIn(notIn));
    ValueCheck named =
        listed == ValueCheck.NONE
            ? listed
            : value -> listed.wrong(name(type, ((EnumValueDescriptor) value).getNumber()));
    return ValueCheck.allOf(constant, named, defined);
  }

  private static List<String> names(EnumDescriptor type, List<Integer> numbers) {
    List<String> names = new ArrayList<>();
    for (int number : numbers) {
      names.add(name(type, number));
    }
    return names;
  }

  private static String name(EnumDescriptor type, int number) {
    EnumValueDescriptor value = type.findValueByNumber(number);
    return value == null ? Integer.toString(number) : value.getName();
  }
}
