package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class JavaDurationTest {
  private static Duration of(long seconds, int nanos) {
    return JavaDuration.of(
        com.google.protobuf.Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build());
  }

  @Test
  void isTheSame() {
    assertThat(of(2, 500_000_000)).isEqualTo(Duration.ofMillis(2500));
    assertThat(of(-1, -1)).isEqualTo(Duration.ofSeconds(-1, -1));
  }

  /** A peer may send any 96 bits. */
  @Test
  void whatIsNoDurationCanBeReckonedWithAllTheSame() {
    for (long seconds :
        new long[] {Long.MIN_VALUE, -315_576_000_000L, 315_576_000_000L, Long.MAX_VALUE}) {
      for (int nanos : new int[] {Integer.MIN_VALUE, -1, Integer.MAX_VALUE}) {
        Duration cut = of(seconds, nanos);
        assertThat(Math.addExact(cut.toNanos(), cut.toNanos())).isNotZero();
        assertThat(cut.isNegative()).isEqualTo(seconds < 0);
      }
    }
  }
}
