package io.bifocal.dataplane.match;

import org.jspecify.annotations.Nullable;

/**
 * Decides what to do with a subject. Immutable, for use by any thread; source: {@code
 * xds.type.matcher.v3.Matcher}.
 *
 * @param <S> what is looked at
 * @param <A> what is decided
 */
@FunctionalInterface
public interface MatchTree<S, A> {
  /** The action of the first leaf that takes the subject; null when none does. */
  @Nullable A match(S subject);
}
