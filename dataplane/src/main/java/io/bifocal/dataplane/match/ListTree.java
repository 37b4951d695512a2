package io.bifocal.dataplane.match;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Conditions in order: {@code matcher_list}. */
record ListTree<S, A>(
    List<Predicate<S>> conditions, List<MatchTree<S, A>> then, MatchTree<S, A> otherwise)
    implements MatchTree<S, A> {
  ListTree {
    conditions = List.copyOf(conditions);
    then = List.copyOf(then);
  }

  @Override
  public @Nullable A match(S subject) {
    for (int i = 0; i < conditions.size(); i++) {
      if (conditions.get(i).test(subject)) {
        A action = then.get(i).match(subject);
        if (action != null) {
          return action;
        }
      }
    }
    return otherwise.match(subject);
  }
}
