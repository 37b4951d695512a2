package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A resolver's other answer comes while a pool's races are on. */
class LateAddressesTest {
  private final PoolBench bench = new PoolBench(CircuitBreakers.defaults());

  @AfterEach
  void nothingIsLeft() {
    bench.closeAndCheckNothingIsLeft();
  }

  @Test
  void theOtherAnswerJoinsEveryRaceThatIsOn() {
    bench.network.silent(bench.second);
    half();
    PoolBench.Asker one = bench.ask();
    PoolBench.Asker two = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    whole();
    bench.time.advance(Duration.ofMillis(250));
    assertThat(one.ready().remoteAddress()).isEqualTo(bench.first);
    assertThat(two.ready().remoteAddress()).isEqualTo(bench.first);
    assertThat(bench.network.dialled()).hasSize(4);
  }

  @Test
  void aRaceWhoseFirstHalfHasFailedGoesOnWithTheOther() {
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    half();
    PoolBench.Asker asker = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    assertThat(asker.failure).as("there may be more").isNull();
    whole();
    bench.time.run();
    assertThat(asker.ready().remoteAddress()).isEqualTo(bench.first);
  }

  @Test
  void whenThereIsNoOtherAnswerAllWhoWaitHearOfTheFailure() {
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    half();
    PoolBench.Asker one = bench.ask();
    PoolBench.Asker two = bench.ask();
    PoolBench.Asker three = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    bench.pool.update(bench.hostAt(bench.second));
    for (PoolBench.Asker asker : List.of(one, two, three)) {
      assertThat(asker.failure().reason()).isEqualTo(Reason.REMOTE_CONNECTION_FAILURE);
    }
    assertThat(bench.pool.size()).isZero();
  }

  @Test
  void whoAsksAgainAtOnceRacesTheAddressesThatThereAreNow() {
    bench.network.refuses(bench.second, Duration.ofMillis(1));
    half();
    PoolBench.Asker asker = bench.ask();
    PoolBench.Asker[] again = {asker};
    asker.onFailure = () -> again[0] = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    bench.pool.update(bench.hostAt(bench.second));
    bench.time.advance(Duration.ofMillis(1));
    assertThat(again[0]).isNotSameAs(asker);
    assertThat(again[0].failure().reason())
        .as("nothing more is awaited")
        .isEqualTo(Reason.REMOTE_CONNECTION_FAILURE);
  }

  @Test
  void anAddressThatIsGoneIsNotTried() {
    bench.network.silent(bench.first).silent(bench.second);
    bench.pool.update(bench.hostAt(Completeness.MORE_TO_COME, bench.second, bench.first));
    PoolBench.Asker asker = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    bench.pool.update(bench.hostAt(bench.second));
    bench.time.advance(PoolBench.CONNECT_TIMEOUT);
    assertThat(asker.failure().reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(bench.network.dialled()).hasSize(1);
  }

  @Test
  void aRaceAmongAllAddressesIsNotDisturbedByAnUpdate() {
    bench.network.silent(bench.first);
    PoolBench.Asker asker = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    bench.pool.update(bench.hostAt(bench.first));
    bench.time.advance(Duration.ofMillis(250));
    assertThat(asker.ready().remoteAddress()).isEqualTo(bench.second);
  }

  @Test
  void connectionsThatAreUpStayWhenTheOtherAnswerComes() {
    half();
    PoolBench.Asker asker = bench.served();
    whole();
    asker.ready().release();
    assertThat(bench.ask().ready()).isSameAs(asker.ready());
  }

  @Test
  void whatComesInThreePartsIsMergedThrice() {
    bench.network.silent(bench.second).silent(bench.first);
    half();
    PoolBench.Asker asker = bench.ask();
    bench.time.advance(Duration.ofMillis(50));
    bench.pool.update(bench.hostAt(Completeness.MORE_TO_COME, bench.second, bench.first));
    bench.time.advance(Duration.ofMillis(300));
    bench.pool.update(bench.hostAt(bench.second, bench.first, bench.third));
    bench.time.advance(Duration.ofMillis(250));
    assertThat(asker.ready().remoteAddress()).isEqualTo(bench.third);
  }

  /** The IPv4 answer alone. */
  private void half() {
    bench.pool.update(bench.hostAt(Completeness.MORE_TO_COME, bench.second));
  }

  private void whole() {
    bench.pool.update(bench.hostAt(bench.second, bench.first));
  }
}
