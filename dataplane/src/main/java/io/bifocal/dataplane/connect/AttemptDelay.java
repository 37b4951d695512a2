package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.time.Duration;

/**
 * A delay that is the same for every address, and may grow from one attempt to the next: so the
 * first fallback is quick, and a blackout of many addresses is no burst.
 */
record AttemptDelay(Duration first, double growth) implements Pacing {
  static AttemptDelay of(ConnectSettings settings) {
    return new AttemptDelay(settings.attemptDelay(), settings.attemptDelayGrowth());
  }

  @Override
  public Duration after(int attempt, Address address) {
    return grown(first, attempt);
  }

  /** What {@code delay} becomes for a later attempt. */
  Duration grown(Duration delay, int attempt) {
    if (growth == 1 || attempt == 0) {
      return delay;
    }
    double nanos = delay.toNanos() * Math.pow(growth, attempt);
    double most = ConnectSettings.MAX_ATTEMPT_DELAY.toNanos();
    return nanos < most ? Duration.ofNanos((long) nanos) : ConnectSettings.MAX_ATTEMPT_DELAY;
  }
}
