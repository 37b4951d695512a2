package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every order in which the timer, successes, failures, the caller's close and the connect timeout
 * can come, for up to four addresses, and late addresses with them for fewer: each prefix of each
 * order is played on a fresh race, and what must always hold is checked after every step.
 */
class ConnectRaceExplorationTest {
  private static final ConnectFailure FAILURE = new ConnectFailure(Kind.REMOTE, "no");

  private static final long STAGGER = ConnectRace.DEFAULT_STAGGER.toNanos();
  private static final List<Address> FOUR = AddressOrderTest.parse("6a 4a 6b 4b");

  private long explored;
  private long won;
  private long failed;
  private long cancelled;

  @ParameterizedTest(name = "{0} addresses: {1} prefixes of orders")
  @CsvSource({"1, 5", "2, 24", "3, 114", "4, 665"})
  void noOrderOfEventsBreaksARace(int addresses, long prefixes) {
    explore(new Field(addresses, Completeness.COMPLETE, 0), new ArrayList<>());
    assertThat(won).isPositive();
    assertThat(failed).isPositive();
    assertThat(cancelled).isPositive();
    assertThat(explored).as("prefixes of orders").isEqualTo(prefixes);
  }

  @ParameterizedTest(name = "{0} addresses, {1}, {2} updates: {3} prefixes of orders")
  @CsvSource({
    "1, COMPLETE,     1, 3173",
    "2, COMPLETE,     1, 5860",
    "3, COMPLETE,     1, 9794",
    "1, MORE_TO_COME, 1, 3799",
    "2, MORE_TO_COME, 1, 6286",
    "1, MORE_TO_COME, 2, 173115",
  })
  void noOrderOfEventsBreaksARaceWhoseAddressesBecomeOthers(
      int addresses, Completeness completeness, int updates, long prefixes) {
    explore(new Field(addresses, completeness, updates), new ArrayList<>());
    assertThat(won).isPositive();
    assertThat(failed).isPositive();
    assertThat(cancelled).isPositive();
    assertThat(explored).as("prefixes of orders").isEqualTo(prefixes);
  }

  /**
   * Where an exploration begins.
   *
   * @param addresses how many the race has at first
   * @param updates how often they become others at most
   */
  private record Field(int addresses, Completeness completeness, int updates) {}

  private interface Step {
    void play(ConnectRace race, World world);
  }

  private void explore(Field field, List<Step> script) {
    World world = new World(field);
    ConnectRace race =
        new ConnectRace(
                FOUR.subList(0, field.addresses),
                new AttemptDelay(ConnectRace.DEFAULT_STAGGER, 1),
                world)
            .expecting(field.completeness);
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
      explore(field, longer);
    }
  }

  /** The other side of the race: does what it is told, and notices what it should not be told. */
  private static final class World implements ConnectRace.Commands {
    final List<Address> tried = new ArrayList<>();
    final List<Address> untried; // in the order of trying them, until there is an update
    Completeness completeness;
    int updatesLeft;
    boolean updated;
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

    World(Field field) {
      untried = new ArrayList<>(FOUR.subList(0, field.addresses));
      completeness = field.completeness;
      updatesLeft = field.updates;
    }

    List<Step> possible() {
      List<Step> steps = new ArrayList<>();
      if (armed) {
        steps.add(
            (race, world) -> {
              world.now = world.lastStart + STAGGER;
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
                      world.startDemanded = !world.untried.isEmpty();
                      race.failed(++world.now, i, FAILURE);
                    });
              });
      steps.add((race, world) -> race.cancel(++world.now));
      steps.add((race, world) -> race.timeOut(++world.now));
      if (updatesLeft > 0) {
        for (Completeness after : Completeness.values()) {
          addUpdates(steps, FOUR, after);
          addUpdates(steps, FOUR.subList(0, 1), after);
          addUpdates(steps, FOUR.subList(1, 3), after);
        }
      }
      return steps;
    }

    /** At once, and when the last attempt has had its time if there was nobody to come after it. */
    private void addUpdates(List<Step> steps, List<Address> addresses, Completeness after) {
      steps.add((race, world) -> world.update(race, world.now + 1, addresses, after));
      if (!armed) {
        long late = lastStart + STAGGER + 1;
        if (late > now) {
          steps.add((race, world) -> world.update(race, late, addresses, after));
        }
      }
    }

    private void update(ConnectRace race, long at, List<Address> addresses, Completeness after) {
      now = at;
      completeness = after;
      updated = true;
      updatesLeft--;
      untried.clear();
      untried.addAll(addresses);
      tried.forEach(untried::remove);
      startDemanded =
          !untried.isEmpty() && (running.isEmpty() || (!armed && now >= lastStart + STAGGER));
      race.update(now, addresses, after);
    }

    void check() {
      assertThat(startDemanded).as("the next attempt starts at once").isFalse();
      assertThat(outcomes).as("outcomes").isLessThanOrEqualTo(1);
      if (outcomes == 1) {
        assertThat(armed).as("a timer is left").isFalse();
        assertThat(running.cardinality()).as("sockets left").isEqualTo(winner >= 0 ? 1 : 0);
        assertThat(told).as("ends told").isEqualTo(everStarted);
      } else {
        assertThat(running.isEmpty() && completeness == Completeness.COMPLETE)
            .as("a race without attempts, and without hope")
            .isFalse();
        assertThat(armed)
            .as("the next attempt is due, never later than the stagger")
            .isEqualTo(!untried.isEmpty());
      }
    }

    void nothingHappensAnyMore(ConnectRace race) {
      race.staggerElapsed(++now);
      race.update(++now, FOUR, Completeness.COMPLETE);
      for (int i = 0; i < FOUR.size(); i++) {
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
      assertThat(address).isIn(updated ? untried : untried.subList(0, 1));
      untried.remove(address);
      tried.add(address);
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
      assertThat(now + delay.toNanos()).as("due").isEqualTo(lastStart + STAGGER);
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
