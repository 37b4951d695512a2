package io.bifocal.dataplane.balance;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Earliest deadline first: what has weight w is due every 1/w, so that turns are in proportion to
 * the weights and evenly spread.
 */
final class Edf<T> {
  private record Due<T>(T what, double deadline, long order) {}

  private final Function<T, Object> identity;
  private final ToDoubleFunction<T> weight;
  private final PriorityQueue<Due<T>> queue =
      new PriorityQueue<>(
          Comparator.<Due<T>>comparingDouble(Due::deadline).thenComparingLong(Due::order));
  private double now;
  private long order;

  /**
   * @param identity by what versions of one thing are known
   * @param weight of each, asked for anew for every turn
   */
  Edf(Function<T, Object> identity, ToDoubleFunction<T> weight) {
    this.identity = identity;
    this.weight = weight;
  }

  /** Takes over a new list; who was in the old one keeps its turn. */
  void update(List<T> all) {
    Map<Object, Due<T>> kept = new HashMap<>();
    queue.forEach(due -> kept.put(identity.apply(due.what()), due));
    queue.clear();
    for (T each : all) {
      Due<T> before = kept.get(identity.apply(each));
      double fresh = now + 1 / weight.applyAsDouble(each);
      queue.add(
          before == null || before.deadline() > fresh
              ? new Due<>(each, fresh, order++)
              : new Due<>(each, before.deadline(), before.order()));
    }
  }

  /** Whose turn it is; there must be one. */
  T next() {
    Due<T> due = queue.remove();
    now = due.deadline();
    queue.add(new Due<>(due.what(), now + 1 / weight.applyAsDouble(due.what()), order++));
    return due.what();
  }
}
