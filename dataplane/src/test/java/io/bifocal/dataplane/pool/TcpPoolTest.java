package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.PoolFailure.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A TCP pool in virtual time: what differs from an HTTP pool. */
class TcpPoolTest {
  private final PoolBench bench = PoolBench.tcp();

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  @Test
  void aConnectionIsUsedOnce() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    assertThat(one.ready().channel().isOpen()).isFalse();
    assertThat(bench.served().ready()).isNotSameAs(one.ready());
    assertThat(bench.counters())
        .doesNotContainKey("upstream_cx_http1_total")
        .doesNotContainKey("upstream_cx_max_requests");
  }

  @Test
  void whoLeavesTakesTheRaceAlong() {
    bench.network.silent(bench.first).silent(bench.second);
    PoolBench.Asker stays = bench.ask();
    PoolBench.Asker leaves = bench.ask();
    leaves.ticket.cancel();
    assertThat(bench.network.open()).isEqualTo(1);
    assertThat(bench.pool.size()).isEqualTo(1);
    stays.ticket.cancel();
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.counters())
        .containsEntry("upstream_rq_cancelled", 2L)
        .containsEntry("upstream_cx_destroy_local", 2L);
  }

  @Test
  void aConnectionCountsAsARequest() {
    PoolBench.Asker one = bench.served();
    assertThat(bench.gauge("upstream_rq_active")).isEqualTo(1);
    bench.closeByPeer(one.ready());
    one.ready().discard();
    assertThat(bench.gauge("upstream_rq_active")).isZero();
    assertThat(bench.counters())
        .containsEntry("upstream_cx_total", 1L)
        .containsEntry("upstream_cx_destroy_remote_with_active_rq", 1L)
        .containsEntry("upstream_rq_pending_total", 1L)
        .containsEntry("upstream_rq_total", 1L);
    assertThat(bench.host.stats().rqTotal().value()).isEqualTo(1);
  }

  @Test
  void whenThereAreTooManyRequestsTheNextIsRefusedAndItsConnectionIsKept() {
    bench.breakers(new CircuitBreakers(1024, 1024, 1, 3));
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.ask();
    bench.time.run();
    assertThat(two.failure()).isEqualTo(new PoolFailure(Reason.OVERFLOW, ""));
    assertThat(bench.counter("upstream_rq_pending_overflow")).isEqualTo(1);
    one.ready().discard();
    assertThat(bench.ask().ready()).as("at once").isNotNull();
  }

  @Test
  void whoeverWantsToHearsThatNothingIsLeft() {
    int[] told = new int[1];
    bench.pool.whenEmpty(() -> told[0]++);
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.served();
    one.ready().discard();
    assertThat(told[0]).isZero();
    two.ready().discard();
    assertThat(told[0]).isEqualTo(1);

    bench.network.silent(bench.first).silent(bench.second);
    bench.ask().ticket.cancel();
    assertThat(told[0]).as("with the race of who has left").isEqualTo(2);

    bench.pool.close();
    bench.breakers(new CircuitBreakers(1024, 0, 1, 3));
    bench.pool.whenEmpty(() -> told[0]++);
    assertThat(bench.ask().failure()).isEqualTo(new PoolFailure(Reason.OVERFLOW, ""));
    assertThat(told[0]).as("of a pool that was never used").isEqualTo(3);
  }

  @Test
  void nothingWatchesWhatIsTakenAtOnce() {
    PoolBench.Asker one = bench.served();
    assertThat(bench.time.pendingTimers()).isZero();
    one.ready().discard();
  }
}
