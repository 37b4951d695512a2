package io.bifocal.api.constraint;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks a single value; knows nothing of the field that it is in. */
@FunctionalInterface
interface ValueCheck {
  /** Accepts all. */
  ValueCheck NONE = value -> null;

  /** What is wrong with the value, or null. */
  @Nullable String wrong(Object value);

  /** The first that finds something speaks. */
  static ValueCheck allOf(List<ValueCheck> checks) {
    return switch (checks.size()) {
      case 0 -> NONE;
      case 1 -> checks.get(0);
      default -> {
        ValueCheck[] all = checks.toArray(ValueCheck[]::new);
        yield value -> {
          for (ValueCheck check : all) {
            String wrong = check.wrong(value);
            if (wrong != null) {
              return wrong;
            }
          }
          return null;
        };
      }
    };
  }

  /** A list that leaves out what accepts all. */
  static ValueCheck allOf(ValueCheck... checks) {
    List<ValueCheck> some = new ArrayList<>();
    for (ValueCheck check : checks) {
      if (check != NONE) {
        some.add(check);
      }
    }
    return allOf(some);
  }

  default ValueCheck unless(boolean ignored, Object empty) {
    return !ignored || this == NONE ? this : value -> value.equals(empty) ? null : wrong(value);
  }
}
