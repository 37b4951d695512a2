package io.bifocal.dataplane.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of states and events of a race, row by row. Times are in milliseconds. */
class ConnectRaceTest {
  private static final ConnectFailure REFUSED =
      new ConnectFailure(Kind.REMOTE, "delayed connect error: Connection refused");

  private final List<String> commands = new ArrayList<>();
  private final List<AttemptEvent> events = new ArrayList<>();

  @Test
  void makingARaceStartsNothing() {
    race(2);
    assertThat(commands()).isEmpty();
  }

  @Test
  void beginningStartsTheFirstAttemptAndArmsTheStagger() {
    race(3).begin(at(0));
    assertThat(commands()).containsExactly("start 0", "arm 300");
  }

  @Test
  void aSingleAddressHasNoStagger() {
    race(1).begin(at(0));
    assertThat(commands()).containsExactly("start 0");
  }

  @Test
  void theStaggerStartsTheNextAndIsArmedAgainWhileAddressesAreLeft() {
    ConnectRace race = begun(3);
    race.staggerElapsed(at(300));
    assertThat(commands()).containsExactly("start 1", "arm 300");
    race.staggerElapsed(at(600));
    assertThat(commands()).containsExactly("start 2");
  }

  @Test
  void aFailureStartsTheNextAtOnceAndTheStaggerAnew() {
    ConnectRace race = begun(3);
    race.failed(at(10), 0, REFUSED);
    assertThat(commands()).containsExactly("disarm", "start 1", "arm 300");
  }

  @Test
  void anyAttemptsFailureStartsTheNext() {
    ConnectRace race = begun(4);
    race.staggerElapsed(at(300));
    commands.clear();
    race.failed(at(400), 0, REFUSED);
    assertThat(commands()).containsExactly("disarm", "start 2", "arm 300");
    race.failed(at(500), 2, REFUSED);
    assertThat(commands()).containsExactly("disarm", "start 3");
  }

  @Test
  void aFailureWithNoAddressLeftIsSilentWhileOthersRun() {
    ConnectRace race = begun(2);
    race.staggerElapsed(at(300));
    commands.clear();
    race.failed(at(310), 1, REFUSED);
    assertThat(commands()).isEmpty();
    race.connected(at(350), 0);
    assertThat(commands()).containsExactly("won 0");
  }

  @Test
  void theLastFailureOfAllIsTheRaces() {
    ConnectRace race = begun(2);
    race.failed(at(1), 0, new ConnectFailure(Kind.LOCAL, "first"));
    commands.clear();
    race.failed(at(2), 1, REFUSED);
    assertThat(commands()).containsExactly("failed REMOTE " + REFUSED.detail());
  }

  @Test
  void aWinnerDisarmsTheStaggerAndNothingElseIsEverStarted() {
    ConnectRace race = begun(3);
    race.connected(at(20), 0);
    assertThat(commands()).containsExactly("disarm", "won 0");
    race.staggerElapsed(at(300));
    race.failed(at(301), 0, REFUSED);
    race.timeOut(at(5000));
    race.cancel(at(5001));
    assertThat(commands()).isEmpty();
  }

  @Test
  void aWinnerCancelsAllOthersBeforeTheCallerHears() {
    ConnectRace race = begun(3);
    race.staggerElapsed(at(300));
    race.staggerElapsed(at(600));
    commands.clear();
    race.connected(at(650), 1);
    assertThat(commands()).containsExactly("cancel 0", "cancel 2", "won 1");
  }

  @Test
  void theFirstAddressCanWinAfterTheSecondHasStarted() {
    ConnectRace race = begun(2);
    race.staggerElapsed(at(300));
    commands.clear();
    race.connected(at(380), 0);
    assertThat(commands()).containsExactly("cancel 1", "won 0");
  }

  @Test
  void theCallersCloseEndsEverything() {
    ConnectRace race = begun(3);
    race.staggerElapsed(at(300));
    commands.clear();
    race.cancel(at(310));
    assertThat(commands()).containsExactly("disarm", "cancel 0", "cancel 1", "cancelled");
    race.connected(at(311), 0);
    race.cancel(at(312));
    assertThat(commands()).isEmpty();
  }

  @Test
  void theConnectTimeoutEndsEverythingAndLaterAddressesAreNeverTried() {
    ConnectRace race = begun(3);
    race.timeOut(at(250));
    assertThat(commands()).containsExactly("disarm", "cancel 0", "failed TIMEOUT ");
  }

  @Test
  void anAttemptThatHasNotStartedDecidesNothing() {
    ConnectRace race = begun(2);
    race.connected(at(1), 1);
    race.failed(at(2), 1, REFUSED);
    assertThat(commands()).isEmpty();
  }

  @Test
  void aRaceBeginsOnce() {
    ConnectRace race = begun(1);
    assertThatThrownBy(() -> race.begin(at(1))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theStaggerCanBeSet() {
    new ConnectRace(addresses(2), every(50), new Recorder()).begin(at(0));
    assertThat(commands()).containsExactly("start 0", "arm 50");
  }

  @Test
  void fourSilentAddressesStartAStaggerApart() {
    ConnectRace race = begun(4);
    race.staggerElapsed(at(300));
    race.staggerElapsed(at(600));
    race.staggerElapsed(at(900));
    assertThat(starts()).containsExactly("0 FIRST", "300 STAGGER", "600 STAGGER", "900 STAGGER");
  }

  @Test
  void anEarlyRefusalMovesTheWholeScheduleForward() {
    ConnectRace race = begun(4);
    race.failed(at(10), 0, REFUSED);
    race.staggerElapsed(at(310));
    race.staggerElapsed(at(610));
    assertThat(starts())
        .containsExactly("0 FIRST", "10 PREVIOUS_FAILED", "310 STAGGER", "610 STAGGER");
  }

  @Test
  void everyAttemptIsTold() {
    ConnectRace race = new ConnectRace(addresses(4), every(300), new Recorder());
    race.begin(1_000);
    race.failed(1_010, 0, REFUSED);
    race.staggerElapsed(1_310);
    race.connected(1_320, 2);
    List<Address> a = addresses(4);
    assertThat(events)
        .containsExactly(
            new AttemptEvent.Started(0, a.get(0), 0, Cause.FIRST),
            new AttemptEvent.Failed(0, a.get(0), 10, REFUSED),
            new AttemptEvent.Started(1, a.get(1), 10, Cause.PREVIOUS_FAILED),
            new AttemptEvent.Started(2, a.get(2), 310, Cause.STAGGER),
            new AttemptEvent.Won(2, a.get(2), 320),
            new AttemptEvent.Lost(1, a.get(1), 320, LossReason.ANOTHER_WON));
  }

  @Test
  void whoIsGivenUpIsToldWhy() {
    ConnectRace cancelled = begun(1);
    cancelled.cancel(at(5));
    ConnectRace late = begun(1);
    late.timeOut(at(6));
    assertThat(events)
        .filteredOn(AttemptEvent.Lost.class::isInstance)
        .extracting(e -> ((AttemptEvent.Lost) e).reason())
        .containsExactly(LossReason.CANCELLED, LossReason.TIMED_OUT);
  }

  @Test
  void anAddressThatComesLateStartsWhenTheLastAttemptHasHadItsTime() {
    ConnectRace race = begun(1);
    race.update(at(120), addresses(2), Completeness.COMPLETE);
    assertThat(commands()).containsExactly("arm 180");
    race.staggerElapsed(at(300));
    assertThat(commands()).containsExactly("start 1");
  }

  @Test
  void anAddressThatComesLaterThanThatStartsAtOnce() {
    ConnectRace race = begun(1);
    race.update(at(1000), addresses(2), Completeness.COMPLETE);
    assertThat(commands()).containsExactly("start 1");
  }

  @Test
  void addressesThatComeWhileTheNextIsDueChangeNothingButWhoIsNext() {
    List<Address> v4 = AddressOrderTest.parse("4a 4b");
    ConnectRace race = new ConnectRace(v4, every(300), new Recorder());
    race.begin(at(0));
    commands();
    race.update(at(10), AddressOrderTest.parse("6a 4a 6b 4b"), Completeness.COMPLETE);
    assertThat(commands()).isEmpty();
    race.staggerElapsed(at(300));
    race.staggerElapsed(at(600));
    race.staggerElapsed(at(900));
    assertThat(events)
        .extracting(e -> e.address())
        .containsExactlyElementsOf(AddressOrderTest.parse("4a 6a 4b 6b"));
  }

  @Test
  void aRaceThatExpectsMoreWaitsForIt() {
    ConnectRace race =
        new ConnectRace(addresses(1), every(300), new Recorder())
            .expecting(Completeness.MORE_TO_COME);
    race.begin(at(0));
    race.failed(at(5), 0, REFUSED);
    assertThat(commands()).containsExactly("start 0");
    race.update(at(40), addresses(2), Completeness.COMPLETE);
    assertThat(commands()).containsExactly("start 1");
  }

  @Test
  void aRaceThatExpectedMoreInVainFails() {
    ConnectRace race =
        new ConnectRace(addresses(1), every(300), new Recorder())
            .expecting(Completeness.MORE_TO_COME);
    race.begin(at(0));
    race.failed(at(5), 0, REFUSED);
    commands();
    race.update(at(40), addresses(1), Completeness.COMPLETE);
    assertThat(commands()).containsExactly("failed REMOTE " + REFUSED.detail());
  }

  @Test
  void addressesThatAreGoneAreNotTried() {
    ConnectRace race = begun(3);
    race.update(at(10), addresses(1), Completeness.COMPLETE);
    assertThat(commands()).containsExactly("disarm");
    race.failed(at(20), 0, REFUSED);
    assertThat(commands()).containsExactly("failed REMOTE " + REFUSED.detail());
  }

  @Test
  void delaysCanGrow() {
    ConnectRace race =
        new ConnectRace(addresses(4), new AttemptDelay(Duration.ofMillis(50), 3), new Recorder());
    race.begin(at(0));
    race.staggerElapsed(at(50));
    race.staggerElapsed(at(200));
    assertThat(commands())
        .containsExactly("start 0", "arm 50", "start 1", "arm 150", "start 2", "arm 450");
  }

  @Test
  void noDelayGrowsBeyondTwoSeconds() {
    AttemptDelay delay = new AttemptDelay(Duration.ofSeconds(1), 1.5);
    assertThat(delay.after(1, addresses(1).get(0))).isEqualTo(Duration.ofMillis(1500));
    assertThat(delay.after(2, addresses(1).get(0))).isEqualTo(Duration.ofSeconds(2));
    assertThat(delay.after(9999, addresses(1).get(0))).isEqualTo(Duration.ofSeconds(2));
  }

  private ConnectRace race(int addresses) {
    return new ConnectRace(addresses(addresses), every(300), new Recorder());
  }

  private ConnectRace begun(int addresses) {
    ConnectRace race = race(addresses);
    race.begin(at(0));
    commands.clear();
    return race;
  }

  private static List<Address> addresses(int count) {
    return AddressOrderTest.parse("6a 4a 6b 4b").subList(0, count);
  }

  private static Pacing every(long millis) {
    return new AttemptDelay(Duration.ofMillis(millis), 1);
  }

  private static long at(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }

  /** What was commanded since the last look. */
  private List<String> commands() {
    List<String> seen = List.copyOf(commands);
    commands.clear();
    return seen;
  }

  private List<String> starts() {
    return events.stream()
        .filter(AttemptEvent.Started.class::isInstance)
        .map(AttemptEvent.Started.class::cast)
        .map(s -> Duration.ofNanos(s.atNanos()).toMillis() + " " + s.cause())
        .toList();
  }

  private final class Recorder implements ConnectRace.Commands {
    @Override
    public void start(int attempt, Address address) {
      commands.add("start " + attempt);
    }

    @Override
    public void cancel(int attempt) {
      commands.add("cancel " + attempt);
    }

    @Override
    public void armStagger(Duration delay) {
      commands.add("arm " + delay.toMillis());
    }

    @Override
    public void disarmStagger() {
      commands.add("disarm");
    }

    @Override
    public void tell(AttemptEvent event) {
      events.add(event);
    }

    @Override
    public void won(int attempt) {
      commands.add("won " + attempt);
    }

    @Override
    public void failed(ConnectFailure failure) {
      commands.add("failed " + failure.kind() + " " + failure.detail());
    }

    @Override
    public void cancelled() {
      commands.add("cancelled");
    }
  }
}
