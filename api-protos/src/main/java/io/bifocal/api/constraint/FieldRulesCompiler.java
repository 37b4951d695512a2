package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import io.envoyproxy.pgv.validate.Validate;
import io.envoyproxy.pgv.validate.Validate.FieldRules;
import io.envoyproxy.pgv.validate.Validate.MapRules;
import io.envoyproxy.pgv.validate.Validate.RepeatedRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From a field's {@code validate.rules} to its check. */
final class FieldRulesCompiler {
  private FieldRulesCompiler() {}

  /** Null if there is nothing to check, in it or beneath. */
  static @Nullable FieldCheck compile(FieldDescriptor field) {
    FieldRules rules = field.getOptions().getExtension(Validate.rules);
    if (field.isMapField()) {
      return map(field, rules.getMap());
    }
    return field.isRepeated() ? repeated(field, rules.getRepeated()) : singular(field, rules);
  }

  private static @Nullable FieldCheck singular(FieldDescriptor field, FieldRules rules) {
    ValueCheck check = value(field, rules);
    String missing = missing(field, rules);
    if (check == ValueCheck.NONE && missing == null) {
      return null;
    }
    String subject = FieldCheck.subject(field) + ": ";
    if (field.getJavaType() != JavaType.MESSAGE && !field.hasPresence()) {
      return message -> {
        String wrong = check.wrong(message.getField(field));
        return wrong == null ? null : subject + wrong;
      };
    }
    return message -> {
      String wrong = message.hasField(field) ? check.wrong(message.getField(field)) : missing;
      return wrong == null ? null : subject + wrong;
    };
  }

  /** The text for a message that has to be there and is not. */
  static @Nullable String missing(FieldDescriptor field, FieldRules rules) {
    boolean typed = rules.getTypeCase() != FieldRules.TypeCase.TYPE_NOT_SET;
    if (rules.getMessage().getRequired()) {
      return typed && isWrapper(field.getMessageType())
          ? "value is required and must not be nil."
          : "value is required";
    }
    return rules.getDuration().getRequired()
            || rules.getAny().getRequired()
            || rules.getTimestamp().getRequired()
        ? "value is required"
        : null;
  }

  static boolean isWrapper(Descriptor type) {
    return type.getFile().getFullName().equals("google/protobuf/wrappers.proto");
  }

  private static @Nullable FieldCheck repeated(FieldDescriptor field, RepeatedRules rules) {
    Handled.only(rules, Set.of("min_items", "max_items", "unique", "items", "ignore_empty"));
    ValueCheck items = value(field, rules.getItems());
    ValueCheck size = size(rules.getMinItems(), rules.getMaxItems(), rules.hasMaxItems(), "item");
    boolean unique = rules.getUnique();
    if (items == ValueCheck.NONE && size == ValueCheck.NONE && !unique) {
      return null;
    }
    String subject = FieldCheck.subject(field);
    boolean ignoreEmpty = rules.getIgnoreEmpty();
    return message -> {
      List<?> values = (List<?>) message.getField(field);
      if (ignoreEmpty && values.isEmpty()) {
        return null;
      }
      String wrong = size.wrong(values.size());
      if (wrong != null) {
        return subject + ": " + wrong;
      }
      Set<Object> seen = new HashSet<>();
      for (int i = 0; i < values.size(); i++) {
        Object value = values.get(i);
        wrong =
            unique && !seen.add(value)
                ? "repeated value must contain unique items"
                : items.wrong(value);
        if (wrong != null) {
          return subject + "[" + i + "]: " + wrong;
        }
      }
      return null;
    };
  }

  private static @Nullable FieldCheck map(FieldDescriptor field, MapRules rules) {
    Handled.only(rules, Set.of("min_pairs", "max_pairs", "keys", "values", "ignore_empty"));
    FieldDescriptor keyField = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor valueField = field.getMessageType().findFieldByNumber(2);
    ValueCheck keys = value(keyField, rules.getKeys());
    ValueCheck values = value(valueField, rules.getValues());
    ValueCheck size = size(rules.getMinPairs(), rules.getMaxPairs(), rules.hasMaxPairs(), "pair");
    if (keys == ValueCheck.NONE && values == ValueCheck.NONE && size == ValueCheck.NONE) {
      return null;
    }
    String subject = FieldCheck.subject(field);
    boolean ignoreEmpty = rules.getIgnoreEmpty();
    return message -> {
      List<?> entries = (List<?>) message.getField(field);
      if (ignoreEmpty && entries.isEmpty()) {
        return null;
      }
      String wrong = size.wrong(entries.size());
      if (wrong != null) {
        return subject + ": " + wrong;
      }
      for (Object each : entries) {
        Message entry = (Message) each;
        Object key = entry.getField(keyField);
        wrong = keys.wrong(key);
        wrong = wrong == null ? values.wrong(entry.getField(valueField)) : wrong;
        if (wrong != null) {
          return subject + "[" + key + "]: " + wrong;
        }
      }
      return null;
    };
  }

  private static ValueCheck size(long min, long max, boolean bounded, String what) {
    if (min == 0 && !bounded) {
      return ValueCheck.NONE;
    }
    String text;
    if (min > 0 && bounded && min == max) {
      text = "value must contain exactly " + min + " " + what + "(s)";
    } else if (min > 0 && bounded) {
      text = "value must contain between " + min + " and " + max + " " + what + "s, inclusive";
    } else {
      text =
          bounded
              ? "value must contain no more than " + max + " " + what + "(s)"
              : "value must contain at least " + min + " " + what + "(s)";
    }
    return value -> {
      int size = (Integer) value;
      return size >= min && (!bounded || size <= max) ? null : text;
    };
  }

  /** For one value that is there: of a singular field, or of a list or map. */
  private static ValueCheck value(FieldDescriptor field, FieldRules rules) {
    if (field.getJavaType() == JavaType.MESSAGE) {
      return message(field, rules);
    }
    return scalar(field, rules);
  }

  private static ValueCheck message(FieldDescriptor field, FieldRules rules) {
    Descriptor type = field.getMessageType();
    if (isWrapper(type)) {
      FieldDescriptor only = type.findFieldByNumber(1);
      ValueCheck unwrapped = scalar(only, rules);
      return unwrapped == ValueCheck.NONE
          ? unwrapped
          : value -> unwrapped.wrong(((Message) value).getField(only));
    }
    if (MessageCheck.isDuration(field)) {
      ValueCheck check = WellKnownRules.duration(rules.getDuration());
      return value -> {
        String invalid = WellKnownRules.invalidDuration((Duration) value);
        return invalid == null ? check.wrong(value) : invalid;
      };
    }
    if (rules.hasAny()) {
      return WellKnownRules.any(rules.getAny());
    }
    if (rules.hasTimestamp()) {
      Handled.only(rules.getTimestamp(), Set.of("required"));
      return ValueCheck.NONE;
    }
    return rules.getMessage().getSkip() ? ValueCheck.NONE : Nested.of(type);
  }

  static ValueCheck scalar(FieldDescriptor field, FieldRules rules) {
    return switch (rules.getTypeCase()) {
      case TYPE_NOT_SET -> ValueCheck.NONE;
      case BOOL -> ScalarRules.bool(rules.getBool());
      case ENUM -> ScalarRules.enumeration(rules.getEnum(), field.getEnumType());
      case STRING -> TextRules.string(rules.getString());
      case BYTES -> TextRules.bytes(rules.getBytes());
      case REPEATED, MAP, ANY, DURATION, TIMESTAMP ->
          throw new UnsupportedOperationException(
              "rules of " + rules.getTypeCase() + " on the scalar " + field.getFullName());
      default ->
          ScalarRules.number(
              (Message) rules.getField(rules.getOneofFieldDescriptor(typeOneof(rules))), field);
    };
  }

  private static com.google.protobuf.Descriptors.OneofDescriptor typeOneof(FieldRules rules) {
    return rules.getDescriptorForType().getOneofs().get(0);
  }
}
