package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.CircuitBreakers.RetryBudget;
import io.bifocal.dataplane.pool.CircuitBreakers.Thresholds;
import org.junit.jupiter.api.Test;

class CircuitBreakersTest {
  @Test
  void aBudgetMovesWithTheRequests() {
    CircuitBreakers breakers =
        new CircuitBreakers(
            new Thresholds(9, 1024, 1024, 0, 9, Integer.MAX_VALUE, new RetryBudget(50, 1), false));
    assertThat(breakers.retries().tryAcquire()).as("one in any case").isTrue();
    assertThat(breakers.retries().tryAcquire()).isFalse();
    for (int i = 0; i < 3; i++) {
      assertThat(breakers.requests().tryAcquire()).isTrue();
    }
    assertThat(breakers.retries().tryAcquire()).as("half of three").isFalse();
    assertThat(breakers.pendingRequests().tryAcquire()).isTrue();
    assertThat(breakers.retries().tryAcquire()).as("half of four").isTrue();
    assertThat(breakers.retries().max()).isEqualTo(2);
  }
}
