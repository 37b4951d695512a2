package io.bifocal.dataplane.tcp;

import io.bifocal.api.JavaDuration;
import io.envoyproxy.envoy.config.core.v3.BackoffStrategy;
import java.time.Duration;

/**
 * How long is waited before another host is tried: by chance, up to a bound that doubles each time.
 *
 * <p>Source: {@code envoy.config.core.v3.BackoffStrategy}.
 *
 * @param max default ten times the base
 */
record RetryBackOff(Duration base, Duration max) {
  /** At once. */
  static final RetryBackOff NONE = new RetryBackOff(Duration.ZERO, Duration.ZERO);

  private static final int MOST_DOUBLINGS = 30;

  static RetryBackOff of(BackoffStrategy proto) {
    Duration base = JavaDuration.of(proto.getBaseInterval());
    return new RetryBackOff(
        base,
        proto.hasMaxInterval() ? JavaDuration.of(proto.getMaxInterval()) : base.multipliedBy(10));
  }

  /**
   * The next wait.
   *
   * @param failures how often it did not come about, from 1
   * @param chance uniform in [0, 2^63)
   */
  Duration after(int failures, long chance) {
    long base = this.base.toNanos();
    if (base == 0) {
      return Duration.ZERO;
    }
    double bound = base * (double) (1L << Math.min(failures - 1, MOST_DOUBLINGS));
    long most = (long) Math.min(bound, (double) max.toNanos());
    return Duration.ofNanos(chance % Math.max(1, most));
  }
}
