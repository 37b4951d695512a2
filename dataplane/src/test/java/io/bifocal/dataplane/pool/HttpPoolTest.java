package io.bifocal.dataplane.pool;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.PoolFailure.Reason;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An HTTP/1 pool in virtual time. */
class HttpPoolTest {
  private final PoolBench bench = new PoolBench(CircuitBreakers.defaults());

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  @Test
  void aConnectionIsMadeForWhoAsks() {
    PoolBench.Asker asker = bench.ask();
    assertThat(asker.connection).as("not within the call").isNull();
    bench.time.run();
    assertThat(asker.ready().remoteAddress()).isEqualTo(bench.first);
    assertThat(asker.ready().race().attempts()).hasSize(2);
    assertThat(asker.ready().channel().isActive()).isTrue();
  }

  @Test
  void aReleasedConnectionIsUsedAgain() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    PoolBench.Asker two = bench.ask();
    assertThat(two.ready()).as("within the call").isSameAs(one.ready());
    assertThat(bench.network.dialled()).hasSize(1);
  }

  @Test
  void theMostRecentlyUsedConnectionIsTakenFirst() {
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.served();
    one.ready().release();
    two.ready().release();
    assertThat(bench.ask().ready()).isSameAs(two.ready());
  }

  @Test
  void everyWaiterHasARaceOfItsOwn() {
    bench.ask();
    bench.ask();
    bench.time.run();
    assertThat(bench.network.dialled()).hasSize(2);
    assertThat(bench.pool.size()).isEqualTo(2);
  }

  @Test
  void aFreedConnectionServesTheLongestWaiterAndTheLateWinnerBecomesIdle() {
    PoolBench.Asker busy = bench.served();
    bench.network.connects(bench.first, Duration.ofMillis(100));
    PoolBench.Asker longest = bench.ask();
    PoolBench.Asker later = bench.ask();
    busy.ready().release();
    bench.time.run();
    assertThat(longest.ready()).isSameAs(busy.ready());
    assertThat(later.connection).isNull();
    bench.time.advance(Duration.ofMillis(100));
    assertThat(later.ready()).isNotSameAs(busy.ready());
    assertThat(bench.pool.size()).as("two races were won, one for nobody").isEqualTo(3);
    assertThat(bench.ask().ready()).as("the idle one").isNotNull();
    assertThat(bench.network.dialled()).hasSize(3);
  }

  @Test
  void aConnectionWhoseWaiterLeftBecomesIdle() {
    PoolBench.Asker gone = bench.ask();
    gone.ticket.cancel();
    gone.ticket.cancel();
    bench.time.run();
    assertThat(gone.connection).isNull();
    assertThat(bench.counter("upstream_rq_cancelled")).isEqualTo(1);
    assertThat(bench.ask().ready()).isNotNull();
    assertThat(bench.network.dialled()).hasSize(1);
  }

  @Test
  void aFailedRaceFailsWhoWaits() {
    bench.network.refuses(bench.first, Duration.ofMillis(1));
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    PoolBench.Asker asker = bench.ask();
    bench.time.advance(Duration.ofMillis(2));
    PoolFailure failure = asker.failure();
    assertThat(failure.reason()).isEqualTo(Reason.REMOTE_CONNECTION_FAILURE);
    assertThat(failure.detail()).isEqualTo("delayed connect error: Connection refused");
    assertThat(requireNonNull(failure.race()).attempts()).hasSize(4);
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.counters())
        .containsEntry("upstream_cx_total", 2L)
        .containsEntry("upstream_cx_connect_fail", 1L)
        .containsEntry("upstream_cx_destroy", 1L)
        .containsEntry("upstream_cx_destroy_remote", 1L)
        .containsEntry("upstream_rq_pending_total", 1L)
        .containsEntry("upstream_rq_pending_failure_eject", 1L)
        .doesNotContainKey("upstream_cx_connect_timeout");
    assertThat(bench.host.stats().cxTotal().value()).isEqualTo(2);
    assertThat(bench.host.stats().cxConnectFail().value()).isEqualTo(1);
  }

  @Test
  void aTimedOutRaceIsCountedAsSuch() {
    bench.network.silent(bench.first).silent(bench.second);
    PoolBench.Asker asker = bench.ask();
    bench.time.advance(PoolBench.CONNECT_TIMEOUT);
    assertThat(asker.failure().reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(bench.counters())
        .containsEntry("upstream_cx_connect_timeout", 1L)
        .containsEntry("upstream_cx_connect_fail", 1L)
        .containsEntry("upstream_cx_destroy_local", 1L)
        .containsEntry("upstream_cx_total", 2L);
  }

  @Test
  void aWonRaceCountsEveryAttemptButOneConnection() {
    bench.network.silent(bench.first);
    bench.ask();
    bench.time.advance(Duration.ofMillis(300));
    assertThat(bench.counters())
        .containsEntry("upstream_cx_total", 2L)
        .containsEntry("upstream_cx_http1_total", 1L)
        .doesNotContainKey("upstream_cx_connect_fail")
        .doesNotContainKey("upstream_cx_destroy");
    assertThat(bench.gauge("upstream_cx_active")).isEqualTo(1);
    assertThat(bench.host.stats().cxActive().value()).isEqualTo(1);
    assertThat(bench.stats.cxConnectMs.cumulative().getMaxValue()).isBetween(298L, 302L);
  }

  @Test
  void everyoneWhoWaitsHearsOfAFailureAndMayAskAgainAtOnce() {
    bench.network.refuses(bench.first, Duration.ofMillis(1));
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    PoolBench.Asker one = bench.ask();
    PoolBench.Asker two = bench.ask();
    one.onFailure = bench::ask;
    bench.time.advance(Duration.ofMillis(2));
    assertThat(one.failure().reason()).isEqualTo(Reason.REMOTE_CONNECTION_FAILURE);
    assertThat(two.failure().reason()).isEqualTo(Reason.REMOTE_CONNECTION_FAILURE);
  }

  @Test
  void whoIsEjectedCanTakeAnotherWaiterOut() {
    bench.network.refuses(bench.first, Duration.ofMillis(1));
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    PoolBench.Asker one = bench.ask();
    PoolBench.Asker two = bench.ask();
    one.onFailure = two.ticket::cancel;
    bench.time.advance(Duration.ofMillis(2));
    assertThat(two.failure).isNull();
    assertThat(bench.counter("upstream_rq_pending_failure_eject")).isEqualTo(1);
  }

  @Test
  void anIdleConnectionIsClosedInTime() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    bench.time.advance(PoolBench.IDLE_TIMEOUT.minusMillis(1));
    assertThat(bench.pool.size()).isEqualTo(1);
    bench.time.advance(Duration.ofMillis(1));
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.counters())
        .containsEntry("upstream_cx_idle_timeout", 1L)
        .containsEntry("upstream_cx_destroy_local", 1L)
        .doesNotContainKey("upstream_cx_destroy_with_active_rq");
  }

  @Test
  void everyIdleConnectionHasItsOwnTime() {
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.served();
    one.ready().release();
    bench.time.advance(Duration.ofSeconds(10));
    two.ready().release();
    bench.time.advance(PoolBench.IDLE_TIMEOUT.minusSeconds(10));
    assertThat(bench.pool.size()).isEqualTo(1);
    assertThat(two.ready().channel().isOpen()).isTrue();
    bench.time.advance(Duration.ofSeconds(10));
    assertThat(bench.pool.size()).isZero();
  }

  @Test
  void useStartsTheIdleTimeAnew() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    bench.time.advance(Duration.ofSeconds(30));
    bench.ask().ready().release();
    bench.time.advance(Duration.ofSeconds(50));
    assertThat(bench.pool.size()).isEqualTo(1);
  }

  @Test
  void aConnectionThatThePeerClosedWhileIdleIsNotLent() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    bench.closeByPeer(one.ready());
    assertThat(bench.pool.size()).isZero();
    PoolBench.Asker two = bench.served();
    assertThat(two.ready()).isNotSameAs(one.ready());
    assertThat(bench.counters())
        .containsEntry("upstream_cx_destroy_remote", 1L)
        .doesNotContainKey("upstream_cx_destroy_with_active_rq");
  }

  @Test
  void aConnectionThatThePeerClosedInUseIsCountedSo() {
    PoolBench.Asker one = bench.served();
    bench.closeByPeer(one.ready());
    one.ready().discard();
    assertThat(bench.counters())
        .containsEntry("upstream_cx_destroy", 1L)
        .containsEntry("upstream_cx_destroy_remote", 1L)
        .containsEntry("upstream_cx_destroy_with_active_rq", 1L)
        .containsEntry("upstream_cx_destroy_remote_with_active_rq", 1L)
        .doesNotContainKey("upstream_cx_destroy_local");
  }

  @Test
  void aDiscardedConnectionIsClosed() {
    PoolBench.Asker one = bench.served();
    one.ready().discard();
    assertThat(one.ready().channel().isOpen()).isFalse();
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.counters())
        .containsEntry("upstream_cx_destroy_local", 1L)
        .containsEntry("upstream_cx_destroy_local_with_active_rq", 1L);
  }

  @Test
  void aConnectionThatIsRetiredHadNoRequestAnyMore() {
    PoolBench.Asker one = bench.served();
    one.ready().retire();
    assertThat(one.ready().channel().isOpen()).isFalse();
    assertThat(bench.counters())
        .containsEntry("upstream_cx_close_notify", 1L)
        .containsEntry("upstream_cx_destroy_local", 1L)
        .doesNotContainKey("upstream_cx_destroy_with_active_rq");
  }

  @Test
  void bytesThatAnswerNothingEndAnIdleConnection() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    bench.receive(one.ready(), "HTTP/1.1 408 Request Timeout\r\n\r\n");
    assertThat(one.ready().channel().isOpen()).isFalse();
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.counter("upstream_cx_protocol_error")).isEqualTo(1);
  }

  @Test
  void bytesAreCounted() {
    PoolBench.Asker one = bench.served();
    bench.send(one.ready(), "12345");
    bench.receive(one.ready(), "123");
    assertThat(bench.counters())
        .containsEntry("upstream_cx_tx_bytes_total", 5L)
        .containsEntry("upstream_cx_rx_bytes_total", 3L);
  }

  @Test
  void aDrainingPoolClosesIdleConnectionsNowAndBusyOnesWhenReleased() {
    PoolBench.Asker idle = bench.served();
    PoolBench.Asker busy = bench.served();
    idle.ready().release();
    bench.pool.drain();
    assertThat(idle.ready().channel().isOpen()).isFalse();
    assertThat(busy.ready().channel().isOpen()).isTrue();
    busy.ready().release();
    assertThat(busy.ready().channel().isOpen()).isFalse();
    assertThat(bench.time.pendingTimers()).as("nothing keeps it in memory").isZero();
    assertThat(bench.ask().failure().reason()).isEqualTo(Reason.LOCAL_CONNECTION_FAILURE);
  }

  @Test
  void aDrainingPoolStillServesWhoWaited() {
    PoolBench.Asker waiter = bench.ask();
    bench.pool.drain();
    bench.time.run();
    waiter.ready().release();
    assertThat(bench.pool.size()).isZero();
  }

  @Test
  void aDrainingPoolEndsRacesThatNobodyWaitsFor() {
    bench.network.silent(bench.first).silent(bench.second);
    bench.ask().ticket.cancel();
    assertThat(bench.pool.size()).isEqualTo(1);
    bench.pool.drain();
    assertThat(bench.pool.size()).isZero();
    assertThat(bench.network.open()).isZero();
  }

  @Test
  void aClosedPoolFailsWhoWaitsAndClosesWhatIsBusy() {
    PoolBench.Asker busy = bench.served();
    PoolBench.Asker waiter = bench.ask();
    bench.pool.close();
    assertThat(waiter.failure().reason()).isEqualTo(Reason.LOCAL_CONNECTION_FAILURE);
    assertThat(busy.ready().channel().isOpen()).isFalse();
    assertThat(bench.pool.size()).isZero();
    busy.ready().release();
    assertThat(bench.pool.size()).isZero();
  }

  @Test
  void newRacesUseTheNewestAddresses() {
    PoolBench.Asker one = bench.served();
    bench.pool.update(bench.hostAt(bench.second, bench.first));
    PoolBench.Asker two = bench.served();
    assertThat(two.ready().remoteAddress()).isEqualTo(bench.second);
    assertThat(one.ready().channel().isOpen()).isTrue();
  }

  @Test
  void aConnectionServesNoMoreRequestsThanAllowed() {
    bench.maxRequests(2);
    PoolBench.Asker one = bench.served();
    one.ready().release();
    PoolBench.Asker two = bench.ask();
    assertThat(two.ready()).isSameAs(one.ready());
    assertThat(bench.counter("upstream_cx_max_requests")).isEqualTo(1);
    two.ready().release();
    assertThat(two.ready().channel().isOpen()).isFalse();
    assertThat(bench.stats.rqPerCx.cumulative().getMaxValue()).isEqualTo(2);
    assertThat(bench.counters()).doesNotContainKey("upstream_cx_destroy_with_active_rq");
  }

  @Test
  void whenTooManyWaitTheNextIsRefused() {
    bench.breakers(new CircuitBreakers(1024, 1, 1024, 3));
    bench.ask();
    PoolBench.Asker refused = bench.ask();
    assertThat(refused.failure()).isEqualTo(new PoolFailure(Reason.OVERFLOW, ""));
    assertThat(bench.counter("upstream_rq_pending_overflow")).isEqualTo(1);
    bench.time.run();
    bench.ask();
    bench.time.run();
  }

  @Test
  void whenThereAreTooManyConnectionsWaitersWaitForOneToBeFreed() {
    bench.breakers(new CircuitBreakers(1, 1024, 1024, 3));
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.ask();
    bench.time.run();
    assertThat(two.connection).isNull();
    assertThat(bench.counter("upstream_cx_overflow")).isEqualTo(1);
    one.ready().release();
    bench.time.run();
    assertThat(two.ready()).isSameAs(one.ready());
  }

  @Test
  void aConnectionThatIsClosedMakesRoomForWhoWaits() {
    bench.breakers(new CircuitBreakers(1, 1024, 1024, 3));
    PoolBench.Asker one = bench.served();
    PoolBench.Asker two = bench.ask();
    one.ready().discard();
    bench.time.run();
    assertThat(two.ready()).isNotSameAs(one.ready());
  }

  @Test
  void aPoolWithoutAnyConnectionMayExceedTheLimitByOne() {
    CircuitBreakers full = new CircuitBreakers(1, 1024, 1024, 3);
    assertThat(full.connections().tryAcquire()).as("taken by another host").isTrue();
    bench.breakers(full);
    PoolBench.Asker one = bench.served();
    assertThat(one.ready()).isNotNull();
    assertThat(bench.counter("upstream_cx_overflow")).isEqualTo(1);
    assertThat(full.connections().inUse()).isEqualTo(2);
    PoolBench.Asker two = bench.ask();
    bench.time.run();
    assertThat(two.connection).isNull();
    two.ticket.cancel();
    one.ready().discard();
    full.connections().release();
  }

  @Test
  void parallelAttemptsTakeOneConnectionOfTheLimit() {
    CircuitBreakers one = new CircuitBreakers(1, 1024, 1024, 3);
    bench.breakers(one);
    bench.network.silent(bench.first).silent(bench.second);
    bench.ask();
    bench.time.advance(Duration.ofMillis(400));
    assertThat(bench.network.open()).isEqualTo(2);
    assertThat(one.connections().inUse()).isEqualTo(1);
    assertThat(bench.counters()).doesNotContainKey("upstream_cx_overflow");
  }

  @Test
  void aPoolWithoutAConnectionHasNoTimer() {
    PoolBench.Asker one = bench.served();
    one.ready().release();
    assertThat(bench.time.pendingTimers()).as("one is idle").isEqualTo(1);
    bench.closeByPeer(one.ready());
    assertThat(bench.time.pendingTimers()).isZero();
  }
}
