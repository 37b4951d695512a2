package io.bifocal.dataplane.match;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** By the whole text: {@code exact_match_map}. */
record ExactTree<S, A>(
    MatchInput<S> input, Map<String, MatchTree<S, A>> byText, MatchTree<S, A> otherwise)
    implements MatchTree<S, A> {
  ExactTree {
    byText = Map.copyOf(byText);
  }

  @Override
  public @Nullable A match(S subject) {
    String text = input.of(subject);
    MatchTree<S, A> then = text == null ? null : byText.get(text);
    A action = then == null ? null : then.match(subject);
    return action == null ? otherwise.match(subject) : action;
  }
}
