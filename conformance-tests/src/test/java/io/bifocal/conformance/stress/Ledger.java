package io.bifocal.conformance.stress;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;

/** Both ends' books: what became of each number, and how often it arrived upstream. */
final class Ledger {
  private final AtomicInteger last = new AtomicInteger();
  private final ConcurrentMap<Integer, Asked> asked = new ConcurrentHashMap<>();
  private final ConcurrentMap<Integer, Integer> arrivals = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> torn = new ConcurrentHashMap<>();

  /** What the client saw. */
  enum Outcome {
    /** 200, and every byte of the body. */
    ANSWERED,
    /** Another status, whole. */
    REFUSED,
    /** The head came, the end did not. */
    CUT,
    /** Nothing came. */
    NOTHING,
    /** Bytes that were not those. */
    TORN
  }

  /** One request. */
  record Asked(String path, Outcome outcome, int status, long atNanos) {}

  int next() {
    return last.incrementAndGet();
  }

  void asked(int number, String path, Outcome outcome, int status) {
    asked.put(number, new Asked(path, outcome, status, System.nanoTime()));
  }

  void arrived(int number) {
    arrivals.merge(number, 1, Integer::sum);
  }

  /** A body that came upstream was not that of the number. */
  void torn(String path) {
    torn.put(path, path + " arrived with another body");
  }

  /** How many requests have an outcome by now. */
  int size() {
    return asked.size();
  }

  /** How many of those that are so came to this outcome. */
  long count(String within, Outcome outcome) {
    return asked.values().stream()
        .filter(a -> a.path.contains(within) && a.outcome == outcome)
        .count();
  }

  /** Those for which this does not hold, by path; also bodies that were torn on their way up. */
  Map<String, String> exceptions(BiPredicate<Asked, Integer> expected) {
    Map<String, String> found = new TreeMap<>(torn);
    asked.forEach(
        (number, asked) -> {
          int arrived = arrivals.getOrDefault(number, 0);
          if (!expected.test(asked, arrived)) {
            found.put(asked.path, asked + ", arrived " + arrived + " times");
          }
        });
    return found;
  }
}
