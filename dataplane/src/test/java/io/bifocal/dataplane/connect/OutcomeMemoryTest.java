package io.bifocal.dataplane.connect;

import static io.bifocal.dataplane.connect.MemoryBench.address;
import static io.bifocal.dataplane.connect.MemoryBench.host;
import static io.bifocal.dataplane.connect.MemoryBench.took;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.Outcome.Bad;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.host.Host;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What races teach, and for how long it is remembered. An answer takes 20 ms unless told. */
class OutcomeMemoryTest {
  private final MemoryBench bench = new MemoryBench().connects("6a 6b 6c 4a 4b 4c p1", 20);
  private final Host host = host("6a 4a");

  // ---- the lesson of one race

  @Test
  void whoWasOvertakenIsWaitedForOnce() {
    bench.silent("6a");
    assertThat(took(bench.race(host))).isEqualTo(ms(320));
    assertThat(took(bench.race(host))).isEqualTo(ms(20));
  }

  @Test
  void whoRefusedGoesLast() {
    bench.refuses("6a");
    bench.race(host);
    bench.assertOrder(host, "4a 6a");
  }

  @Test
  void whoWonIsGood() {
    bench.race(host);
    bench.assertOrder(host, "6a 4a");
    assertThat(bench.memory.of("c", host.primary(), address("6a")))
        .isEqualTo(Outcome.Good.first(ms(20).toNanos()));
    assertThat(bench.memory.of("c", host.primary(), address("4a"))).isNull();
  }

  @Test
  void whoStartedLaterThanTheWinnerIsNotToBlame() {
    bench.connects("6a", 310);
    bench.race(host);
    assertThat(bench.memory.of("c", host.primary(), address("4a"))).isNull();
  }

  @Test
  void aRaceThatItsCallerGaveUpTeachesNothing() {
    bench.silent("6a 4a");
    RaceRunner.Race race = bench.begin(host);
    bench.time.advance(ms(4000));
    race.cancel();
    assertThat(bench.memory.size()).isZero();
  }

  @Test
  void aFailureOfThisMachinesOwnTeachesNothing() {
    bench.network.fails(
        address("6a"), ms(1), new ConnectFailure(Kind.LOCAL, ConnectErrors.NO_SOCKET));
    bench.race(host);
    bench.assertOrder(host, "6a 4a");
  }

  @Test
  void whoStillRanWhenTheTimeWasOutIsBadAndWhoHadNoTurnGoesFirst() {
    bench.silent("6a 6b").with(MemoryBench.settings(ms(2000), 2, ConnectSettings.DelayMode.FIXED));
    Host three = host("6a 6b 4a 4b");
    bench.silent("4a 4b");
    bench.race(three);
    bench.assertOrder(three, "4b 6a 6b 4a");
  }

  @Test
  void hostsAndClustersAreRememberedApart() {
    bench.silent("6a");
    bench.race(host);
    Host other = host("4a 6a");
    assertThat(bench.memory.of("c", other.primary(), address("6a"))).isNull();
    assertThat(bench.memory.of("d", host.primary(), address("6a"))).isNull();
  }

  @Test
  void anAddressThatIsThereTwiceAndAnsweredOnceIsGood() {
    Host twice = host("6a 6a 4a");
    bench.silent("6a");
    bench.begin(twice);
    bench.time.advance(ms(100));
    bench.connects("6a", 20);
    bench.time.advance(ms(1000));
    bench.assertOrder(twice, "6a 6a 4a");
    assertThat(bench.memory.isBad("c", Family.V6)).isFalse();
  }

  @Test
  void anAddressThatIsThereTwiceAndAnsweredOnceKeepsWhatWasMeasured() {
    Host twice = host("6a 6a 4a");
    bench.race(twice);
    bench.silent("6a");
    bench.begin(twice);
    bench.time.advance(ms(100));
    bench.connects("6a", 20);
    bench.time.advance(ms(1000));
    assertThat(bench.memory.of("c", twice.primary(), address("6a")))
        .isEqualTo(Outcome.Good.first(ms(20).toNanos()).next(ms(20).toNanos()));
  }

  @Test
  void roundTripsAreSmoothedAsRfc6298Does() {
    assertThat(new Outcome.Good(800, 400).next(400)).isEqualTo(new Outcome.Good(750, 400));
    assertThat(new Outcome.Good(800, 400).next(1200)).isEqualTo(new Outcome.Good(850, 400));
    assertThat(new Outcome.Good(800, 400).expectedWithin()).isEqualTo(Duration.ofNanos(2400));
  }

  @Test
  void anAddressThatIsThereTwiceFailsOnce() {
    bench.refuses("6a");
    bench.race(host("6a 6a 4a"));
    assertThat(bad("6a").failures()).isEqualTo(1);
  }

  @Test
  void aHundredRacesThatFailAtOnceAreOneFailure() {
    bench.silent("6a");
    for (int i = 0; i < 100; i++) {
      bench.begin(host);
      bench.time.advance(ms(1));
    }
    bench.time.advance(ms(400));
    assertThat(bad("6a").failures()).isEqualTo(1);
    bench.raceAfter(ms(5000), host);
    assertThat(bench.retries).as("five seconds later").hasSize(0);
    bench.time.advance(ms(1000));
    assertThat(bench.retries).as("tried again").hasSize(1);
  }

  @Test
  void whenAllAreBadTheyAreTriedInTheirOrderOneTenthOfASecondApart() {
    bench.silent("6a 4a 6b");
    Host three = host("6a 4a 6b");
    bench.race(three);
    RaceReport again = bench.race(three);
    assertThat(started(again)).containsExactly(0L, 100L, 200L);
    bench.assertOrder(three, "6a 4a 6b");
    assertThat(bench.retries).as("the race tries them itself").isEmpty();
  }

  @Test
  void afterABlackoutTheFirstRaceFindsWhoAnswersAndTheSecondRestoresTheOrder() {
    bench.silent("6a 4a");
    for (int i = 0; i < 20; i++) {
      bench.raceAfter(Duration.ofMinutes(1), host);
    }
    bench.connects("6a", 150).connects("4a", 20);
    assertThat(took(bench.race(host))).as("100 ms for 6a").isEqualTo(ms(120));
    bench.race(host);
    bench.time.advance(ms(200));
    bench.assertOrder(host, "6a 4a");
  }

  // ---- trying again

  @Test
  void aBadAddressIsTriedAgainBesideARaceAfterAWaitThatDoublesUpToFiveMinutes() {
    bench.silent("6a");
    bench.race(host);
    long last = bench.time.nanoTime();
    for (int wait : new int[] {5, 10, 20, 40, 80, 160, 300, 300, 300}) {
      bench.time.advance(Duration.ofSeconds(wait).minusNanos(bench.time.nanoTime() - last + 1));
      assertThat(bench.plan(host).retries()).as("before %s s", wait).isEmpty();
      bench.time.advance(Duration.ofNanos(1));
      int before = bench.retries.size();
      assertThat(took(bench.race(host))).as("nobody waits for it").isEqualTo(ms(20));
      bench.time.advance(ms(1000));
      assertThat(bench.retries).as("after %s s", wait).hasSize(before + 1);
      last = bench.retries.get(before).endedAt();
    }
  }

  @Test
  void aBadAddressIsTriedAgainByOneOfAllWorkers() {
    bench.silent("6a");
    bench.race(host);
    bench.time.advance(ms(5000));
    assertThat(bench.plan(host).retries()).hasSize(1);
    assertThat(bench.plan(host).retries()).isEmpty();
    assertThat(bench.plan(host).retries()).isEmpty();
  }

  @Test
  void aHealedAddressIsFirstAgain() {
    bench.silent("6a");
    bench.race(host);
    bench.connects("6a", 20);
    bench.assertOrder(host, "4a 6a");
    bench.raceAfter(ms(5000), host);
    bench.assertOrder(host, "6a 4a");
    bench.time.run();
    assertThat(bench.network.open()).as("nobody keeps the connection").isZero();
  }

  @Test
  void aHealedAddressThatIsFarAwayIsFirstAgain() {
    bench.silent("6a");
    bench.race(host);
    bench.connects("6a", 290);
    bench.raceAfter(ms(5000), host);
    bench.time.advance(ms(300));
    bench.assertOrder(host, "6a 4a");
    assertThat(took(bench.race(host))).isEqualTo(ms(290));
  }

  @Test
  void anAddressThatWouldBeOvertakenAgainStaysLast() {
    bench.connects("6a", 380);
    assertThat(took(bench.race(host))).isEqualTo(ms(320));
    for (int i = 0; i < 100; i++) {
      assertThat(took(bench.raceAfter(Duration.ofSeconds(6), host))).isEqualTo(ms(20));
    }
    assertThat(bench.retries)
        .as("in ten minutes")
        .hasSize(6)
        .allMatch(race -> race.winner() == null);
    assertThat(bench.network.open()).isZero();
  }

  @Test
  void whereAllAreFarAwayASlowOneIsFirstAgainIfItIsNoSlowerThanTheRest() {
    bench.silent("6a").connects("4a", 500);
    bench.race(host);
    bench.connects("6a", 400);
    bench.raceAfter(ms(5000), host);
    bench.time.advance(ms(1000));
    assertThat(took(bench.race(host))).isEqualTo(ms(400));
  }

  @Test
  void anAddressThatHealsAndFallsAgainBeginsAnew() {
    bench.silent("6a");
    bench.race(host);
    bench.raceAfter(ms(5000), host);
    bench.time.advance(ms(1000));
    assertThat(bad("6a").failures()).isEqualTo(2);
    bench.connects("6a", 20);
    bench.raceAfter(Duration.ofSeconds(10), host);
    bench.silent("6a");
    bench.race(host);
    assertThat(bad("6a").failures()).isEqualTo(1);
  }

  @Test
  void noRetryOfAnAddressThatNothingSpeaksAgainst() {
    bench.race(host);
    assertThat(bench.memory.claimRetry("c", host.primary(), address("6a"), 0)).isFalse();
    assertThat(bench.memory.claimRetry("c", host.primary(), address("4a"), 0)).isFalse();
  }

  // ---- forgetting

  @Test
  void whatNothingConfirmsIsForgottenAfterTenMinutes() {
    bench.silent("6a");
    bench.race(host);
    bench.time.advance(OutcomeMemory.LIFETIME.minusNanos(1));
    bench.assertOrder(host, "4a 6a");
    bench.time.advance(Duration.ofNanos(1));
    bench.assertOrder(host, "6a 4a");
  }

  @Test
  void whatRacesConfirmIsNotForgotten() {
    bench.silent("6a 4a");
    bench.race(host);
    bench.raceAfter(Duration.ofMinutes(9), host);
    bench.time.advance(Duration.ofMinutes(9));
    assertThat(bad("6a").failures()).isEqualTo(1);
  }

  @Test
  void asMuchIsRememberedAsThereIsRoomForAndWhatWasForgottenIsCounted() {
    MemoryBench small = new MemoryBench(4);
    for (String names : List.of("6a 4a", "6b 4b", "6c 4c", "6d 4d", "6e 4e", "6f 4f")) {
      small.race(host(names));
      assertThat(small.memory.size()).isLessThanOrEqualTo(4);
    }
    assertThat(small.memory.size() + small.memory.evictions()).isEqualTo(6);
    assertThat(small.memory.evictions()).isEqualTo(2);
  }

  @Test
  void whatExpiredIsNoEviction() {
    MemoryBench small = new MemoryBench(4);
    for (String names : List.of("6a 4a", "6b 4b", "6c 4c", "6d 4d", "6e 4e", "6f 4f")) {
      small.raceAfter(OutcomeMemory.LIFETIME, host(names));
    }
    assertThat(small.memory.evictions()).isZero();
  }

  // ---- families

  @Test
  void oneBadAddressIsNoBadFamily() {
    bench.silent("6a");
    bench.race(host);
    bench.race(host("4a 6a"));
    assertThat(bench.memory.isBad("c", Family.V6)).isFalse();
  }

  @Test
  void twoBadAddressesAreABadFamilyAndStrangersOfItGoBehind() {
    badFamily();
    bench.assertOrder(host("6c 4c"), "4c 6c");
    bench.assertOrder(host("6c p1 4c 6b"), "p1 4c 6c 6b");
    assertThat(bench.memory.isBad("d", Family.V6)).as("another cluster").isFalse();
  }

  @Test
  void aStrangerOfABadFamilyIsTriedAtOnceBesideTheRace() {
    badFamily();
    Host stranger = host("6c 4c");
    assertThat(took(bench.race(stranger))).isEqualTo(ms(20));
    bench.assertOrder(stranger, "6c 4c");
    assertThat(bench.memory.isBad("c", Family.V6)).as("it answered").isFalse();
  }

  @Test
  void aStrangerOfABadFamilyThatIsSilentIsTriedAgainByAndBy() {
    badFamily();
    bench.silent("6c");
    Host stranger = host("6c 4c");
    bench.race(stranger);
    assertThat(bench.plan(stranger).retries()).isEmpty();
    bench.time.advance(MemoryBench.CONNECT_TIMEOUT);
    assertThat(bench.memory.of("c", stranger.primary(), address("6c")))
        .isInstanceOfSatisfying(Bad.class, bad -> assertThat(bad.failures()).isEqualTo(2));
  }

  @Test
  void aFamilyIsGoodAgainWithOneGoodAddress() {
    badFamily();
    bench.race(host("6c"));
    assertThat(bench.memory.isBad("c", Family.V6)).as("alone, it is not asked").isTrue();
    bench.race(host("6c 6b"));
    assertThat(bench.memory.isBad("c", Family.V6)).isFalse();
  }

  @Test
  void hostsThatAreDownSayNothingOfFamilies() {
    bench.silent("6a 4a 6b 4b");
    bench.race(host);
    bench.race(host("6b 4b"));
    assertThat(bench.memory.isBad("c", Family.V6)).isFalse();
    assertThat(bench.memory.isBad("c", Family.V4)).isFalse();
  }

  @Test
  void aHostThatIsDownIsNoSecondWitness() {
    bench.silent("6a 6b 4b");
    bench.race(host);
    bench.race(host("6b 4b"));
    assertThat(bench.memory.isBad("c", Family.V6)).as("6a alone was beaten").isFalse();
  }

  @Test
  void addressesOfOneFamilyAgainstEachOtherSayNothingOfIt() {
    bench.silent("6a 6b");
    bench.race(host("6a 6c"));
    bench.race(host("6b 6c"));
    assertThat(bench.memory.isBad("c", Family.V6)).isFalse();
  }

  @Test
  void aHostThatIsGoneSpeaksAgainstItsFamilyForTenMinutes() {
    badFamily();
    Host stays = host("6b 4b");
    for (int minute = 0; minute < 11; minute++) {
      bench.raceAfter(Duration.ofMinutes(1), stays);
    }
    assertThat(bench.memory.isBad("c", Family.V6)).isFalse();
  }

  @Test
  void hostsThatStayBadSpeakOnAgainstTheirFamily() {
    badFamily();
    for (int minute = 0; minute < 30; minute++) {
      bench.raceAfter(Duration.ofMinutes(1), host);
      bench.race(host("6b 4b"));
      bench.time.advance(ms(400));
    }
    assertThat(bench.memory.isBad("c", Family.V6)).isTrue();
  }

  private void badFamily() {
    bench.silent("6a 6b");
    bench.race(host);
    bench.race(host("6b 4b"));
    assertThat(bench.memory.isBad("c", Family.V6)).isTrue();
  }

  private Bad bad(String name) {
    Outcome outcome = bench.memory.of("c", host.primary(), address(name));
    if (outcome instanceof Bad bad) {
      return bad;
    }
    throw new AssertionError(name + " is not bad: " + outcome);
  }

  private static List<Long> started(RaceReport race) {
    return race.attempts().stream()
        .filter(AttemptEvent.Started.class::isInstance)
        .map(event -> Duration.ofNanos(event.atNanos()).toMillis())
        .toList();
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
