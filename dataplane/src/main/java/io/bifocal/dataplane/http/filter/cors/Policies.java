package io.bifocal.dataplane.http.filter.cors;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The levels that speak of a request, of which the most specific that says something counts.
 *
 * @param levels the most specific last; others than policies are not this filter's
 */
record Policies(List<Object> levels) {
  /** As the most specific one has it. */
  boolean isEnabled(long random) {
    return flag(policy -> policy.isEnabled(random), false);
  }

  /** As the most specific one has it. */
  boolean isShadow(long random) {
    return flag(policy -> policy.isShadow(random), false);
  }

  boolean allows(String origin) {
    Policy said = first(policy -> policy.origins().isEmpty() ? null : policy);
    return said != null && said.allows(origin);
  }

  /** Empty when no level says it. */
  String text(Function<Policy, String> field) {
    String said = first(policy -> field.apply(policy).isEmpty() ? null : field.apply(policy));
    return said == null ? "" : said;
  }

  boolean flag(Function<Policy, @Nullable Boolean> field, boolean otherwise) {
    Boolean said = this.<Boolean>first(field);
    return said == null ? otherwise : said;
  }

  private <T> @Nullable T first(Function<Policy, @Nullable T> field) {
    for (int i = levels.size() - 1; i >= 0; i--) {
      if (levels.get(i) instanceof Policy policy) {
        T said = field.apply(policy);
        if (said != null) {
          return said;
        }
      }
    }
    return null;
  }
}
