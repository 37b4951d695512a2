package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.CircuitBreakers.RetryBudget;
import io.bifocal.dataplane.pool.CircuitBreakers.Thresholds;
import io.bifocal.dataplane.pool.PriorityBreakers;
import io.bifocal.dataplane.runtime.ScriptedRuntime;
import org.junit.jupiter.api.Test;

class RuntimeThresholdsTest {
  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private final PriorityBreakers breakers =
      new BreakerLimits(Thresholds.of(1, 2, 3, 4), Thresholds.DEFAULT).breakers("c.d", runtime);
  private final CircuitBreakers normal = breakers.normal();

  private void set(String key, String value) {
    runtime.set("circuit_breakers.c.d.default." + key, value);
  }

  @Test
  void theRuntimeMovesEveryLimit() {
    assertThat(normal.requests().max()).isEqualTo(3);
    set("max_connections", "10");
    set("max_pending_requests", "20");
    set("max_requests", "30");
    set("max_retries", "40");
    set("max_connection_pools", "50");
    assertThat(normal.connections().max()).isEqualTo(10);
    assertThat(normal.pendingRequests().max()).isEqualTo(20);
    assertThat(normal.requests().max()).isEqualTo(30);
    assertThat(normal.retries().max()).isEqualTo(40);
    assertThat(normal.pools().max()).isEqualTo(50);
    assertThat(breakers.high().requests().max()).as("of the other priority").isEqualTo(1024);
  }

  @Test
  void whatIsInUseStaysInUse() {
    set("max_requests", "1");
    assertThat(normal.requests().tryAcquire()).isTrue();
    assertThat(normal.requests().tryAcquire()).isFalse();
    set("max_requests", "2");
    assertThat(normal.requests().tryAcquire()).isTrue();
    set("max_requests", "0");
    normal.requests().release();
    assertThat(normal.requests().tryAcquire()).isFalse();
  }

  @Test
  void aKeyOfTheBudgetMakesOne() {
    set("retry_budget.budget_percent", "50.5");
    assertThat(normal.thresholds().retryBudget()).isEqualTo(new RetryBudget(50.5, 3));
    assertThat(normal.retries().max()).isEqualTo(3);
    set("retry_budget.min_retry_concurrency", "7");
    assertThat(normal.retries().max()).isEqualTo(7);
  }

  @Test
  void moreThanCanBeCountedIsNoLimitAndWhatIsNoNumberIsAsConfigured() {
    set("max_requests", "4294967295");
    assertThat(normal.requests().max()).isEqualTo(Integer.MAX_VALUE);
    set("max_requests", "many");
    assertThat(normal.requests().max()).isEqualTo(3);
  }
}
