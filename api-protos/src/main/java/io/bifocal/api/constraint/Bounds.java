package io.bifocal.api.constraint;

import java.util.Comparator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rules {@code gt}, {@code gte}, {@code lt}, {@code lte} together. A lower bound above the
 * upper one means that the value must be outside.
 *
 * @param gt exclusive lower bound; at most one of {@code gt} and {@code gte} is there
 * @param lt exclusive upper bound; at most one of {@code lt} and {@code lte} is there
 */
record Bounds<T>(
    @Nullable T gt, @Nullable T gte, @Nullable T lt, @Nullable T lte, Comparator<T> order) {

  @SuppressWarnings("unchecked") // a field's rules are of the field's type
  ValueCheck check() {
    T low = gt != null ? gt : gte;
    T high = lt != null ? lt : lte;
    if (low == null && high == null) {
      return ValueCheck.NONE;
    }
    if (low != null && high != null) {
      return order.compare(high, low) > 0 ? inside(low, high) : outside(low, high);
    }
    String text;
    if (high != null) {
      text =
          (lt != null ? "value must be less than " : "value must be less than or equal to ")
              + GoText.of(high);
      return value -> belowHigh((T) value, high) ? null : text;
    }
    T bound = Objects.requireNonNull(low);
    text =
        (gt != null ? "value must be greater than " : "value must be greater than or equal to ")
            + GoText.of(bound);
    return value -> aboveLow((T) value, bound) ? null : text;
  }

  @SuppressWarnings("unchecked")
  private ValueCheck inside(T low, T high) {
    String text =
        "value must be inside range "
            + (gt != null ? "(" : "[")
            + GoText.of(low)
            + ", "
            + GoText.of(high)
            + (lt != null ? ")" : "]");
    return value -> aboveLow((T) value, low) && belowHigh((T) value, high) ? null : text;
  }

  @SuppressWarnings("unchecked")
  private ValueCheck outside(T low, T high) {
    String text =
        "value must be outside range "
            + (lt != null ? "[" : "(")
            + GoText.of(high)
            + ", "
            + GoText.of(low)
            + (gt != null ? "]" : ")");
    return value -> aboveLow((T) value, low) || belowHigh((T) value, high) ? null : text;
  }

  private boolean aboveLow(T value, T low) {
    int order = this.order.compare(value, low);
    return gt != null ? order > 0 : order >= 0;
  }

  private boolean belowHigh(T value, T high) {
    int order = this.order.compare(value, high);
    return lt != null ? order < 0 : order <= 0;
  }
}
