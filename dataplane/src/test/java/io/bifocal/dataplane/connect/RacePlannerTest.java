package io.bifocal.dataplane.connect;

import static io.bifocal.dataplane.connect.MemoryBench.address;
import static io.bifocal.dataplane.connect.MemoryBench.host;
import static io.bifocal.dataplane.connect.MemoryBench.took;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.RacePlan.Retry;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How races are planned, with a memory and without. */
class RacePlannerTest {
  private final MemoryBench bench = new MemoryBench().connects("6a 6b 4a 4b", 20);
  private final Host host = host("6a 4a");

  @Test
  void aRaceAmongStrangersIsTheOneThatIsConfigured() {
    RacePlan plan = bench.plan(host("6a 4a 6b"));
    assertThat(plan.addresses()).isEqualTo(AddressOrderTest.parse("6a 4a 6b"));
    assertThat(plan.host()).isEqualTo(address("6a"));
    assertThat(plan.cluster()).isEqualTo("c");
    assertThat(plan.connectTimeout()).isEqualTo(MemoryBench.CONNECT_TIMEOUT);
    assertThat(plan.completeness()).isEqualTo(Completeness.COMPLETE);
    assertThat(plan.retries()).isEmpty();
    assertThat(plan.pacing().after(0, address("6a"))).isEqualTo(ConnectRace.DEFAULT_STAGGER);
  }

  @Test
  void withoutMemoryNothingIsRememberedAndNothingTriedAgain() {
    bench.with(ConnectSettings.envoys()).silent("6a");
    for (int i = 0; i < 3; i++) {
      assertThat(took(bench.raceAfter(Duration.ofSeconds(10), host))).isEqualTo(ms(320));
    }
    assertThat(bench.memory.size()).isZero();
    assertThat(bench.retries).isEmpty();
  }

  @Test
  void anAddressWithoutAlternativeIsNotRemembered() {
    bench.silent("6a");
    bench.race(host("6a"));
    assertThat(bench.memory.size()).isZero();
  }

  @Test
  void anAddressThatWasAloneAtFirstIsRemembered() {
    bench.silent("4a").connects("6a", 20);
    RaceRunner.Race race =
        bench.begin(host(AddressOrderTest.parse("4a"), Completeness.MORE_TO_COME));
    bench.time.advance(ms(50));
    race.update(host("4a 6a").addresses());
    bench.time.advance(ms(1000));
    bench.assertOrder(host("4a 6a"), "6a 4a");
  }

  @Test
  void aBadAddressThatComesLateGoesLast() {
    bench.refuses("4a").silent("6a");
    Host four = host("4a 6a 4b");
    bench.race(four);
    bench.assertOrder(four, "4b 4a 6a");
    RaceRunner.Race race =
        bench.begin(host(AddressOrderTest.parse("4a"), Completeness.MORE_TO_COME));
    bench.time.advance(ms(50));
    int before = bench.network.dialled().size();
    race.update(four.addresses());
    bench.time.advance(ms(20));
    assertThat(bench.network.dialled().get(before).address()).isEqualTo(address("4b"));
    assertThat(bench.network.dialled()).hasSize(before + 1);
  }

  @Test
  void aRaceThatExpectsMoreSaysSo() {
    Host half = host(AddressOrderTest.parse("4a"), Completeness.MORE_TO_COME);
    assertThat(bench.plan(half).completeness()).isEqualTo(Completeness.MORE_TO_COME);
  }

  @Test
  void whatMemoryHadToSayIsToldWithThePlan() {
    assertThat(bench.plan(host).advice()).isEqualTo(new Advice(List.of(), false));
    bench.silent("6a");
    bench.race(host);
    assertThat(bench.plan(host).advice()).isEqualTo(new Advice(AddressOrderTest.parse("6a"), true));
    bench.connects("6a", 20);
    bench.raceAfter(ms(5000), host);
    assertThat(bench.plan(host).advice()).isEqualTo(new Advice(List.of(), false));
  }

  @Test
  void aStrangerOfABadFamilyThatIsFirstAllTheSameIsNotTriedTwice() {
    bench.silent("6a 6b");
    bench.race(host);
    bench.race(host("6b 4b"));
    bench.refuses("4c");
    Host half = host(AddressOrderTest.parse("4c"), Completeness.MORE_TO_COME);
    RaceRunner.Race race = bench.begin(half);
    bench.time.advance(ms(10));
    race.update(host("4c").addresses());
    bench.time.advance(ms(5000));
    RacePlan plan = bench.plan(host("4c 6c"));
    assertThat(plan.addresses()).isEqualTo(AddressOrderTest.parse("6c 4c"));
    assertThat(plan.retries()).extracting(Retry::address).containsExactly(address("4c"));
  }

  @Test
  void aRetryMayTakeAsLongAsItsPlaceIsWorth() {
    bench.silent("6a");
    bench.race(host);
    bench.time.advance(ms(5000));
    assertThat(bench.plan(host).retries())
        .containsExactly(new Retry(address("6a"), ms(320))); // 300 and the other's 20
  }

  @Test
  void aRetryNeverTakesLongerThanARace() {
    bench.silent("6a").connects("4a", 4690);
    bench.race(host);
    bench.time.advance(ms(5000));
    assertThat(bench.plan(host).retries())
        .containsExactly(new Retry(address("6a"), MemoryBench.CONNECT_TIMEOUT.minusMillis(10)));
    bench.connects("4a", 2000).with(MemoryBench.settings(ms(2000), 1, DelayMode.FIXED));
    Host slow = host("6b 4b");
    bench.silent("6b").connects("4b", 2990);
    bench.raceAfter(ms(0), slow);
    bench.time.advance(ms(5000));
    assertThat(bench.plan(slow).retries()).containsExactly(new Retry(address("6b"), ms(4990)));
  }

  @Test
  void everyBadAddressIsTriedAgainOnceHoweverOftenItIsThere() {
    bench.silent("6a").refuses("6b");
    Host many = host("6a 6b 6a 4a");
    bench.race(many);
    bench.time.advance(ms(5000));
    assertThat(bench.plan(many).retries())
        .extracting(Retry::address)
        .containsExactly(address("6a"), address("6b"));
  }

  @Test
  void aBadAddressHasTheFieldForATenthOfASecondOrTheDelayIfThatIsLess() {
    bench.silent("6a");
    bench.race(host);
    Pacing pacing = bench.plan(host).pacing();
    assertThat(pacing.after(0, address("6a"))).isEqualTo(ms(100));
    assertThat(pacing.after(0, address("4a"))).isEqualTo(ms(300));
    bench.with(MemoryBench.settings(ms(50), 1, DelayMode.FIXED));
    assertThat(bench.plan(host).pacing().after(0, address("6a"))).isEqualTo(ms(50));
  }

  @Test
  void delaysGrowFromOneAttemptToTheNextForBadAddressesToo() {
    bench.silent("6a").with(MemoryBench.settings(ms(300), 2, DelayMode.FIXED));
    bench.race(host);
    Pacing pacing = bench.plan(host).pacing();
    assertThat(pacing.after(1, address("6a"))).isEqualTo(ms(200));
    assertThat(pacing.after(2, address("6a"))).isEqualTo(ms(400));
    assertThat(pacing.after(9, address("6a"))).isEqualTo(ConnectSettings.MAX_ATTEMPT_DELAY);
    assertThat(pacing.after(1, address("4a"))).isEqualTo(ms(600));
  }

  @Test
  void whereItIsMeasuredTheDelayFollowsTheRoundTrip() {
    bench.with(MemoryBench.settings(ms(300), 1, DelayMode.ROUND_TRIP));
    Pacing pacing = bench.plan(host).pacing();
    assertThat(pacing.after(0, address("6a"))).as("not known yet").isEqualTo(ms(300));
    bench.connects("6a", 100);
    bench.race(host);
    assertThat(pacing.after(0, address("6a"))).as("100 + 4 * 50").isEqualTo(ms(300));
    bench.race(host);
    assertThat(pacing.after(0, address("6a"))).as("100 + 4 * 37.5").isEqualTo(ms(250));
    bench.connects("6a", 20);
    for (int i = 0; i < 50; i++) {
      bench.race(host);
    }
    assertThat(pacing.after(0, address("6a"))).as("never below").isEqualTo(ms(100));
    bench.connects("6a", 1500);
    bench.race(host("6a 4b"));
    bench.race(host("6a 4b"));
    assertThat(pacing.after(0, address("6a"))).as("never above").isLessThanOrEqualTo(ms(2000));
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
