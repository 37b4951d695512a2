package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every order in which the timer, successes, failures, the caller's close and the connect timeout
 * can come, for up to four addresses: each prefix of each order is played on a fresh race, and what
 * must always hold is checked after every step.
 */
class ConnectRaceExplorationTest {
  private static final ConnectFailure FAILURE = new ConnectFailure(Kind.REMOTE, "no");

  private long explored;
  private long won;
  private long failed;
  private long cancelled;

  @ParameterizedTest(name = "{0} addresses: {1} prefixes of orders")
  @CsvSource({"1, 5", "2, 24", "3, 114", "4, 665"})
  void noOrderOfEventsBreaksARace(int addresses, long prefixes) {
    explore(addresses, new ArrayList<>());
    assertThat(won).isPositive();
    assertThat(failed).isPositive();
    assertThat(cancelled).isPositive();
    assertThat(explored).as("prefixes of orders").isEqualTo(prefixes);
  }

  private interface Step {
    void play(ConnectRace race, World world);
  }

  private void explore(int addresses, List<Step> script) {
    World world = new World(addresses);
    ConnectRace race =
        new ConnectRace(world.addresses, new AttemptDelay(ConnectRace.DEFAULT_STAGGER, 1), world);
    race.begin(world.now);
    world.check();
    for (Step step : script) {
      step.play(race, world);
      world.check();
    }
    explored++;
    if (world.outcomes > 0) {
      won += world.winner >= 0 ? 1 : 0;
      cancelled += world.cancelled ? 1 : 0;
      failed += world.failure == null ? 0 : 1;
      world.nothingHappensAnyMore(race);
      return;
    }
    for (Step next : world.possible()) {
      List<Step> longer = new ArrayList<>(script);
      longer.add(next);
      explore(addresses, longer);
    }
  }

  /** The other side of the race: does what it is told, and notices what it should not be told. */
  private static final class World implements ConnectRace.Commands {
    final List<Address> addresses;
    final BitSet running = new BitSet();
    final BitSet everStarted = new BitSet();
    final BitSet told = new BitSet(); // whose end was told
    long now;
    long lastStart;
    boolean armed;
    int outcomes;
    int winner = -1;
    boolean cancelled;
    @Nullable ConnectFailure failure;
    boolean startDemanded;

    World(int count) {
      addresses = AddressOrderTest.parse("6a 4a 6b 4b").subList(0, count);
    }

    List<Step> possible() {
      List<Step> steps = new ArrayList<>();
      if (armed) {
        steps.add(
            (race, world) -> {
              world.now = world.lastStart + ConnectRace.DEFAULT_STAGGER.toNanos();
              world.armed = false;
              world.startDemanded = true;
              race.staggerElapsed(world.now);
            });
      }
      running.stream()
          .forEach(
              i -> {
                steps.add((race, world) -> race.connected(++world.now, i));
                steps.add(
                    (race, world) -> {
                      world.running.clear(i);
                      world.startDemanded =
                          world.everStarted.cardinality() < world.addresses.size();
                      race.failed(++world.now, i, FAILURE);
                    });
              });
      steps.add((race, world) -> race.cancel(++world.now));
      steps.add((race, world) -> race.timeOut(++world.now));
      return steps;
    }

    void check() {
      assertThat(startDemanded).as("the next attempt starts at once").isFalse();
      assertThat(outcomes).as("outcomes").isLessThanOrEqualTo(1);
      if (outcomes == 1) {
        assertThat(armed).as("a timer is left").isFalse();
        assertThat(running.cardinality()).as("sockets left").isEqualTo(winner >= 0 ? 1 : 0);
        assertThat(told).as("ends told").isEqualTo(everStarted);
      } else {
        assertThat(running.isEmpty()).as("a race without attempts").isFalse();
        assertThat(armed)
            .as("the next attempt is due, never later than the stagger")
            .isEqualTo(everStarted.cardinality() < addresses.size());
      }
    }

    void nothingHappensAnyMore(ConnectRace race) {
      race.staggerElapsed(++now);
      for (int i = 0; i < addresses.size(); i++) {
        race.connected(++now, i);
        race.failed(++now, i, FAILURE);
      }
      race.timeOut(++now);
      race.cancel(++now);
      check();
    }

    @Override
    public void start(int attempt, Address address) {
      assertThat(outcomes).as("an attempt after the outcome").isZero();
      assertThat(attempt).as("in order").isEqualTo(everStarted.cardinality());
      assertThat(address).isEqualTo(addresses.get(attempt));
      running.set(attempt);
      everStarted.set(attempt);
      lastStart = now;
      startDemanded = false;
    }

    @Override
    public void cancel(int attempt) {
      assertThat(outcomes).isZero();
      assertThat(running.get(attempt)).as("cancelled while running").isTrue();
      running.clear(attempt);
    }

    @Override
    public void armStagger(Duration delay) {
      assertThat(armed).as("armed twice").isFalse();
      assertThat(delay).isEqualTo(ConnectRace.DEFAULT_STAGGER);
      assertThat(now).as("armed with the start of an attempt").isEqualTo(lastStart);
      armed = true;
    }

    @Override
    public void disarmStagger() {
      assertThat(armed).as("disarmed while armed").isTrue();
      armed = false;
    }

    @Override
    public void tell(AttemptEvent event) {
      assertThat(event.atNanos()).isEqualTo(now);
      if (!(event instanceof AttemptEvent.Started)) {
        assertThat(told.get(event.attempt())).as("an end told twice").isFalse();
        told.set(event.attempt());
      }
    }

    @Override
    public void won(int attempt) {
      outcomes++;
      winner = attempt;
    }

    @Override
    public void failed(ConnectFailure last) {
      outcomes++;
      failure = last;
    }

    @Override
    public void cancelled() {
      outcomes++;
      cancelled = true;
    }
  }
}
