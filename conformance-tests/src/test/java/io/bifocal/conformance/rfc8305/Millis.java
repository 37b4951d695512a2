package io.bifocal.conformance.rfc8305;

import java.util.List;

/** Times on the wire are compared here and nowhere else. */
final class Millis {
  /** A timer is never early; but the first SYN may have been noticed a moment late. */
  static final long EARLY = 20;

  /**
   * For a busy machine; less than half of Envoy's delay, so that no attempt is taken for another.
   */
  static final long LATE = 140;

  private Millis() {}

  /** Nothing, or that something happened too early or too late. */
  static List<Difference> compare(Object what, long expected, long actual) {
    boolean late = actual > expected + LATE;
    if (!late && actual >= expected - EARLY) {
      return List.of();
    }
    return List.of(
        new Difference("expected %s at %d, but was at %d".formatted(what, expected, actual), late));
  }

  /** From one {@link System#nanoTime()} to another. */
  static long between(long from, long to) {
    return Math.round((to - from) / 1e6);
  }
}
