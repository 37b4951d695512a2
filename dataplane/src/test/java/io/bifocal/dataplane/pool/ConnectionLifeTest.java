package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.CircuitBreakers.Thresholds;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When connections are made before they are needed, and how long they serve. */
class ConnectionLifeTest {
  private final PoolBench bench = new PoolBench(CircuitBreakers.defaults());

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  @Test
  void anOldConnectionIsClosedAtOnceWhenNobodyUsesIt() {
    bench.maxDuration(Duration.ofSeconds(10));
    PoolBench.Asker one = bench.served();
    one.ready().release();
    bench.time.advance(Duration.ofSeconds(9));
    assertThat(bench.pool.size()).isEqualTo(1);
    bench.time.advance(Duration.ofSeconds(2));
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.counter("upstream_cx_max_duration_reached")).isEqualTo(1);
  }

  @Test
  void anOldConnectionEndsItsUseAndBeginsNoOther() {
    bench.maxDuration(Duration.ofSeconds(10));
    PoolBench.Asker one = bench.served();
    bench.time.advance(Duration.ofSeconds(11));
    assertThat(one.ready().channel().isOpen()).isTrue();
    one.ready().release();
    assertThat(one.ready().channel().isOpen()).isFalse();
    assertThat(bench.counters()).doesNotContainKey("upstream_cx_destroy_with_active_rq");
  }

  @Test
  void aRatioOfTwoHasASpareConnectionForEveryUse() {
    bench.preconnect(2);
    PoolBench.Asker one = bench.served();
    assertThat(bench.pool.size()).isEqualTo(2);
    PoolBench.Asker two = bench.ask();
    assertThat(two.ready()).as("at once").isNotSameAs(one.ready());
    bench.time.run();
    assertThat(bench.pool.size()).isEqualTo(4);
    one.ready().release();
    two.ready().release();
    assertThat(bench.pool.size()).as("enough for later").isEqualTo(4);
  }

  @Test
  void aHostMayHaveALimitOfItsOwn() {
    bench.breakers(
        new CircuitBreakers(
            new Thresholds(1024, 1024, 1024, 3, Integer.MAX_VALUE, 1, null, false)));
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.ask();
    bench.time.run();
    assertThat(bench.pool.size()).isEqualTo(1);
    assertThat(bench.counter("upstream_cx_overflow")).isEqualTo(1);
    one.ready().release();
    bench.time.run();
    assertThat(two.ready()).isSameAs(one.ready());
  }
}
