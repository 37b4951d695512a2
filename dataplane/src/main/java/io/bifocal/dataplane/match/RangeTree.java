package io.bifocal.dataplane.match;

import io.bifocal.api.IpLiterals;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * By the range that an address is in, narrowest first, those of one width in their order; source:
 * {@code xds.type.matcher.v3.IPMatcher}.
 */
final class RangeTree<S, A> implements MatchTree<S, A> {
  private final MatchInput<S> input;
  private final List<Leaf<S, A>> leaves;
  private final MatchTree<S, A> otherwise;

  /**
   * One range.
   *
   * @param exclusive whether it stands back wherever a narrower one holds the address
   */
  record Leaf<S, A>(IpRange range, boolean exclusive, MatchTree<S, A> then) {}

  RangeTree(MatchInput<S> input, List<Leaf<S, A>> leaves, MatchTree<S, A> otherwise) {
    this.input = input;
    this.leaves =
        leaves.stream()
            .sorted(Comparator.comparingInt((Leaf<S, A> leaf) -> leaf.range.bits()).reversed())
            .toList();
    this.otherwise = otherwise;
  }

  @Override
  public @Nullable A match(S subject) {
    String text = input.of(subject);
    InetAddress address = text == null ? null : IpLiterals.find(text).orElse(null);
    if (address != null) {
      boolean first = true;
      for (int i = 0; i < leaves.size(); i++) {
        Leaf<S, A> leaf = leaves.get(i);
        if (leaf.range.holds(address)) {
          A action = first || !leaf.exclusive ? leaf.then.match(subject) : null;
          if (action != null) {
            return action;
          }
          first = false;
        }
      }
    }
    return otherwise.match(subject);
  }
}
