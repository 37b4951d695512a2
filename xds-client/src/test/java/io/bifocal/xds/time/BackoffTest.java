package io.bifocal.xds.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {

  @Test
  void everyDelayIsBelowItsBoundAndSomeAreNearIt() {
    Random random = new Random(7);
    double nearest = 0;
    for (int round = 0; round < 1_000; round++) {
      Backoff backoff =
          new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), random::nextDouble);
      for (int n = 0; n < 10; n++) {
        double bound = Math.min(500 * Math.pow(2, n), 30_000);
        double part = backoff.next().toNanos() / 1e6 / bound;
        assertThat(part).isBetween(0.0, 1.0);
        nearest = Math.max(nearest, part);
      }
    }
    assertThat(nearest).isGreaterThan(0.99);
  }

  @Test
  void aBaseThatIsNoneOrAboveTheBoundIsRefused() {
    assertThatThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1), () -> 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1), () -> 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
