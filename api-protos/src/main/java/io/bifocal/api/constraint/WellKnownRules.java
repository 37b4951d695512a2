package io.bifocal.api.constraint;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.TextFormat;
import com.google.protobuf.util.Durations;
import io.envoyproxy.pgv.validate.Validate.AnyRules;
import io.envoyproxy.pgv.validate.Validate.DurationRules;
import java.util.Comparator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Durations and {@code Any}. Whether they must be there is not their own affair. */
final class WellKnownRules {
  private static final Comparator<Duration> BY_LENGTH =
      Comparator.comparingLong(Duration::getSeconds).thenComparingInt(Duration::getNanos);

  private WellKnownRules() {}

  static ValueCheck duration(DurationRules rules) {
    Handled.only(rules, Set.of("required", "const", "lt", "lte", "gt", "gte", "in", "not_in"));
    return ValueCheck.allOf(
        rules.hasConst()
            ? value ->
                value.equals(rules.getConst())
                    ? null
                    : "value must equal " + GoText.of(rules.getConst())
            : ValueCheck.NONE,
        new Bounds<>(
                rules.hasGt() ? rules.getGt() : null,
                rules.hasGte() ? rules.getGte() : null,
                rules.hasLt() ? rules.getLt() : null,
                rules.hasLte() ? rules.getLte() : null,
                BY_LENGTH)
            .check(),
        ScalarRules.in(rules.getInList()),
        ScalarRules.notIn(rules.getNotInList()));
  }

  /**
   * What Envoy asks of every duration, whatever its rules.
   *
   * @return null if there is nothing wrong
   */
  static @Nullable String invalidDuration(Duration duration) {
    if (duration.getSeconds() < 0 || duration.getNanos() < 0) {
      return "Invalid duration: Expected positive duration: " + shown(duration);
    }
    return Durations.isValid(duration)
        ? null
        : "Invalid duration: Duration out-of-range: " + shown(duration);
  }

  private static String shown(Duration duration) {
    return TextFormat.printer().emittingSingleLine(true).printToString(duration).strip();
  }

  static ValueCheck any(AnyRules rules) {
    Handled.only(rules, Set.of("required", "in", "not_in"));
    ValueCheck url =
        ValueCheck.allOf(
            ScalarRules.in(rules.getInList()), ScalarRules.notIn(rules.getNotInList()));
    return url == ValueCheck.NONE
        ? url
        : value -> {
          String wrong = url.wrong(((Any) value).getTypeUrl());
          return wrong == null ? null : wrong.replaceFirst("value", "type URL");
        };
  }
}
