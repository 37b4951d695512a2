package io.bifocal.xds.time;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Full jitter: the n-th delay is uniform in {@code [0, min(base · 2ⁿ, max))}, n from 0. Belongs to
 * one loop.
 */
public final class Backoff {
  private final Duration base;
  private final Duration max;
  private final DoubleSupplier chance;
  private Duration ceiling;

  /**
   * Starts at the first delay.
   *
   * @param base the first delay's bound, positive
   * @param max no delay reaches it
   * @param chance uniform in [0, 1)
   */
  public Backoff(Duration base, Duration max, DoubleSupplier chance) {
    if (base.isZero() || base.isNegative() || max.compareTo(base) < 0) {
      throw new IllegalArgumentException("back-off from " + base + " to " + max);
    }
    this.base = base;
    this.max = max;
    this.chance = chance;
    this.ceiling = base;
  }

  /** Draws the next delay; the bound doubles. */
  public Duration next() {
    Duration delay = Duration.ofNanos((long) (ceiling.toNanos() * chance.getAsDouble()));
    Duration doubled = ceiling.multipliedBy(2);
    ceiling = doubled.compareTo(max) < 0 ? doubled : max;
    return delay;
  }

  /** Begins anew: all is well again. */
  public void reset() {
    ceiling = base;
  }
}
