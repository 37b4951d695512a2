package io.bifocal.dataplane.match;

import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** By what the text begins with, longest first: {@code prefix_match_map}. */
final class PrefixTree<S, A> implements MatchTree<S, A> {
  private final MatchInput<S> input;
  private final Map<String, MatchTree<S, A>> byPrefix;
  private final int[] lengths;
  private final MatchTree<S, A> otherwise;

  PrefixTree(
      MatchInput<S> input, Map<String, MatchTree<S, A>> byPrefix, MatchTree<S, A> otherwise) {
    this.input = input;
    this.byPrefix = Map.copyOf(byPrefix);
    this.lengths =
        byPrefix.keySet().stream()
            .map(String::length)
            .distinct()
            .sorted(Comparator.reverseOrder())
            .mapToInt(Integer::intValue)
            .toArray();
    this.otherwise = otherwise;
  }

  @Override
  public @Nullable A match(S subject) {
    String text = input.of(subject);
    if (text != null) {
      for (int length : lengths) {
        MatchTree<S, A> then =
            length > text.length() ? null : byPrefix.get(text.substring(0, length));
        A action = then == null ? null : then.match(subject);
        if (action != null) {
          return action;
        }
      }
    }
    return otherwise.match(subject);
  }
}
