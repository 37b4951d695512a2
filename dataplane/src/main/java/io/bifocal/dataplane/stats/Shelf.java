package io.bifocal.dataplane.stats;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** Statistics of one kind and scope, sorted by name. Thread-safe; readers see it as it was. */
final class Shelf<S extends Statistic> {
  private static final Statistic[] EMPTY = {};

  /** Never changed once it is here. */
  private volatile Statistic[] sorted = EMPTY;

  S get(String local, Supplier<S> make) {
    Statistic[] now = sorted;
    int at = indexOf(now, local);
    return at < 0 ? add(local, make) : own(now[at]);
  }

  private synchronized S add(String local, Supplier<S> make) {
    Statistic[] now = sorted;
    int at = indexOf(now, local);
    if (at >= 0) {
      return own(now[at]);
    }
    S fresh = make.get();
    int to = -1 - at;
    Statistic[] next = Arrays.copyOf(now, now.length + 1);
    System.arraycopy(now, to, next, to + 1, now.length - to);
    next[to] = fresh;
    sorted = next;
    return fresh;
  }

  @SuppressWarnings("unchecked") // only its own kind comes in
  private S own(Statistic statistic) {
    return (S) statistic;
  }

  /** As {@link Arrays#binarySearch}: below zero where it would be. */
  private static int indexOf(Statistic[] sorted, String local) {
    int low = 0;
    int high = sorted.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = sorted[middle].local().compareTo(local);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1 - low;
  }

  @SuppressWarnings("unchecked")
  List<S> all() {
    return (List<S>) Collections.unmodifiableList(Arrays.asList(sorted));
  }
}
