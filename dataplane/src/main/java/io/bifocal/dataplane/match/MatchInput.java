package io.bifocal.dataplane.match;

import org.jspecify.annotations.Nullable;

/** A text that a subject has, such as a header or its source address. For use by any thread. */
@FunctionalInterface
public interface MatchInput<S> {
  /** The text; null when the subject has none, which no condition takes. */
  @Nullable String of(S subject);
}
