package io.bifocal.dataplane.overload;

import java.util.concurrent.ThreadLocalRandom;

/** How far an action is to be taken: in so many of all cases. Set by one thread, read by all. */
public final class Degree {
  private volatile double value;

  void set(double degree) {
    value = degree;
  }

  double value() {
    return value;
  }

  /** Whether it is to be taken in every case. */
  public boolean isSaturated() {
    return value >= 1;
  }

  /** Whether it is to be taken in this case. */
  public boolean happens() {
    double now = value;
    return now > 0 && (now >= 1 || ThreadLocalRandom.current().nextDouble() < now);
  }
}
