package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

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
}
