package io.bifocal.dataplane.balance;

import java.time.Duration;

/**
 * How a host's weight grows from the time at which it became usable. Source: {@code
 * SlowStartConfig}.
 *
 * @param window how long it takes
 * @param aggression by how much more it grows at first; 1 for evenly; what is not above 0 counts as
 *     1
 * @param least the part of its weight that it has at once
 */
public record SlowStart(Duration window, RuntimeDouble aggression, double least) {
  /** The part of its weight that a host has after some nanoseconds. */
  double part(long age) {
    long whole = window.toNanos();
    if (age >= whole) {
      return 1;
    }
    double passed = (double) Math.max(1_000_000, age) / whole;
    double power = aggression.getAsDouble();
    boolean evenly = power == 1 || !(power > 0);
    return Math.max(least, evenly ? passed : Math.pow(passed, 1 / power));
  }
}
