package io.bifocal.dataplane.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.grid.GridPlan.Start;
import io.bifocal.dataplane.grid.GridRace.Timer;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The table of states and events of a request's race, row by row. Times are in milliseconds. */
class GridRaceTest {
  private static final PoolFailure REFUSED =
      new PoolFailure(Reason.REMOTE_CONNECTION_FAILURE, "refused");
  private static final PoolFailure LOCAL = new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "tcp");

  private final GridCommands commands = new GridCommands();

  // ---- HTTP/3 first

  @Test
  void beginningAsksForHttp3AndArmsBothTimers() {
    race(Start.HTTP3_FIRST, 2).begin(at(0));
    assertThat(commands.taken()).containsExactly("arm FALLBACK 300", "http3 0", "arm STAGGER 300");
  }

  @Test
  void withOneAddressOnlyTcpHasATimer() {
    race(Start.HTTP3_FIRST, 1).begin(at(0));
    assertThat(commands.taken()).containsExactly("arm FALLBACK 300", "http3 0");
  }

  @Test
  void whenItsTimeIsOverTcpBeginsAndHttp3AtTheSecondAddress() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.elapsed(at(300), Timer.FALLBACK);
    race.elapsed(at(300), Timer.STAGGER);
    assertThat(commands.taken()).containsExactly("tcp", "http3 1");
    assertThat(commands.told())
        .containsExactly("http3 0 FIRST 0", "tcp DELAY 300", "http3 1 STAGGER 300");
  }

  @Test
  void whicheverTimerFiresFirstTcpBeginsFirst() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.elapsed(at(300), Timer.STAGGER);
    race.elapsed(at(300), Timer.FALLBACK); // it was on its way
    assertThat(commands.taken()).containsExactly("disarm FALLBACK", "tcp", "http3 1");
  }

  @Test
  void aFailureStartsHttp3AtTheSecondAddressAndNotTcp() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.http3Failed(at(10), 0, REFUSED);
    assertThat(commands.taken()).containsExactly("disarm STAGGER", "http3 1");
    race.elapsed(at(300), Timer.FALLBACK);
    assertThat(commands.taken()).containsExactly("tcp");
  }

  @Test
  void theFailureOfAllHttp3StartsTcpAtOnce() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.http3Failed(at(10), 0, REFUSED);
    race.http3Failed(at(20), 1, REFUSED);
    assertThat(commands.taken())
        .containsExactly("disarm STAGGER", "http3 1", "disarm FALLBACK", "tcp");
    assertThat(commands.told()).last().isEqualTo("tcp HTTP3_FAILED 20");
  }

  @Test
  void http3BeforeItsTimeIsOverServesAndNothingElseBegins() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.http3Ready(at(50), 0);
    assertThat(commands.taken())
        .containsExactly("disarm STAGGER", "confirmed", "disarm FALLBACK", "serve http3 0", "over");
  }

  @Test
  void whenHttp3ServesTheOtherAttemptsAreGivenUp() {
    GridRace race = allRunning();
    race.http3Ready(at(320), 1);
    assertThat(commands.taken())
        .containsExactly("cancel http3 0", "confirmed", "cancel tcp", "serve http3 1", "over");
  }

  @Test
  void whenTcpServesHttp3GoesOn() {
    GridRace race = allRunning();
    race.tcpReady(at(310));
    assertThat(commands.taken()).containsExactly("serve tcp");
    race.http3Ready(at(320), 1);
    assertThat(commands.taken()).containsExactly("cancel http3 0", "confirmed", "over");
  }

  @Test
  void brokenIsWhatFailsEverywhereAfterTcpServed() {
    GridRace race = allRunning();
    race.tcpReady(at(310));
    race.http3Failed(at(400), 0, REFUSED);
    assertThat(commands.taken()).containsExactly("serve tcp");
    race.http3Failed(at(500), 1, REFUSED);
    assertThat(commands.taken()).containsExactly("broken", "over");
  }

  @Test
  void brokenIsWhatFailedEverywhereBeforeTcpServes() {
    GridRace race = allRunning();
    race.http3Failed(at(310), 0, REFUSED);
    race.http3Failed(at(320), 1, REFUSED);
    assertThat(commands.taken()).isEmpty();
    race.tcpReady(at(330));
    assertThat(commands.taken()).containsExactly("broken", "serve tcp", "over");
  }

  @Test
  void whenEverythingFailsNothingIsBrokenAndTheLastFailureCounts() {
    GridRace race = allRunning();
    race.http3Failed(at(310), 0, REFUSED);
    race.http3Failed(at(320), 1, REFUSED);
    race.tcpFailed(at(330), LOCAL);
    assertThat(commands.taken()).containsExactly("fail LOCAL_CONNECTION_FAILURE tcp", "over");
  }

  @Test
  void aFailureOfTcpWhileHttp3GoesOnIsToldInTheEnd() {
    GridRace race = allRunning();
    race.tcpFailed(at(310), LOCAL);
    race.http3Failed(at(320), 0, REFUSED);
    assertThat(commands.taken()).isEmpty();
    race.http3Failed(at(330), 1, REFUSED);
    assertThat(commands.taken())
        .containsExactly(
            "fail REMOTE_CONNECTION_FAILURE refused"
                + " (with earlier TCP attempt failure reason 1, tcp)",
            "over");
  }

  @Test
  void http3ServesAfterTcpFailed() {
    GridRace race = allRunning();
    race.tcpFailed(at(310), LOCAL);
    race.http3Ready(at(900), 0);
    assertThat(commands.taken())
        .containsExactly("cancel http3 1", "confirmed", "serve http3 0", "over");
  }

  // ---- together, and without HTTP/3

  @Test
  void afterARecentFailureBothBeginAtOnce() {
    race(Start.TOGETHER, 2).begin(at(0));
    assertThat(commands.taken()).containsExactly("http3 0", "arm STAGGER 300", "tcp");
    assertThat(commands.told()).last().isEqualTo("tcp FAILED_RECENTLY 0");
  }

  @Test
  void theTestOfHttp3GoesOnToTheSecondAddressThoughTcpServes() {
    GridRace race = begun(Start.TOGETHER, 2);
    race.tcpReady(at(5));
    race.elapsed(at(300), Timer.STAGGER);
    assertThat(commands.taken()).containsExactly("serve tcp", "http3 1");
    race.http3Failed(at(600), 1, REFUSED);
    race.http3Failed(at(700), 0, REFUSED);
    assertThat(commands.taken()).containsExactly("broken", "over");
  }

  @Test
  void withoutHttp3TcpIsAlone() {
    GridRace race = new GridRace(GridPlan.tcp(Start.TCP_ONLY), commands);
    race.begin(at(0));
    assertThat(commands.told()).containsExactly("tcp ALONE 0");
    race.tcpReady(at(5));
    assertThat(commands.taken()).containsExactly("tcp", "serve tcp", "over");
  }

  @Test
  void aRequestThatFailedOnHttp3BreaksItWhenTcpIsUp() {
    GridRace race = new GridRace(GridPlan.tcp(Start.TCP_AFTER_HTTP3), commands);
    race.begin(at(0));
    race.tcpReady(at(5));
    assertThat(commands.taken()).containsExactly("tcp", "broken", "serve tcp", "over");
  }

  // ---- ends

  @Test
  void whoeverCancelsGivesEverythingUp() {
    GridRace race = allRunning();
    race.cancel(at(310));
    assertThat(commands.taken())
        .containsExactly("cancel http3 0", "cancel http3 1", "cancel tcp", "over");
  }

  @Test
  void tearingDownFailsWhoWaitsAndOnlyHim() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.tearDown(at(10), new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "grid teardown"));
    assertThat(commands.taken())
        .containsExactly(
            "disarm FALLBACK",
            "disarm STAGGER",
            "cancel http3 0",
            "fail LOCAL_CONNECTION_FAILURE grid teardown",
            "over");
  }

  @Test
  void tearingDownAfterTcpServedFailsNobody() {
    GridRace race = allRunning();
    race.tcpReady(at(310));
    var unused = commands.taken();
    race.tearDown(at(320), LOCAL);
    assertThat(commands.taken()).containsExactly("cancel http3 0", "cancel http3 1", "over");
  }

  @Test
  void afterTheEndNothingCounts() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.http3Ready(at(5), 0);
    var unused = commands.taken();
    race.elapsed(at(300), Timer.FALLBACK);
    race.elapsed(at(300), Timer.STAGGER);
    race.http3Failed(at(310), 0, REFUSED);
    race.tcpReady(at(310));
    race.tcpFailed(at(310), LOCAL);
    race.cancel(at(320));
    race.tearDown(at(330), LOCAL);
    assertThat(commands.taken()).isEmpty();
  }

  @Test
  void whatWasGivenUpAnswersInVain() {
    GridRace race = allRunning();
    race.http3Ready(at(310), 1);
    var unused = commands.taken();
    race.tcpReady(at(310));
    race.http3Ready(at(310), 0);
    race.http3Failed(at(310), 1, REFUSED);
    race.tcpFailed(at(310), LOCAL);
    assertThat(commands.taken()).isEmpty();
  }

  private GridRace race(Start start, int addresses) {
    return new GridRace(GridCommands.plan(start, addresses), commands);
  }

  private GridRace begun(Start start, int addresses) {
    GridRace race = race(start, addresses);
    race.begin(at(0));
    var unused = commands.taken();
    return race;
  }

  private GridRace allRunning() {
    GridRace race = begun(Start.HTTP3_FIRST, 2);
    race.elapsed(at(300), Timer.FALLBACK);
    race.elapsed(at(300), Timer.STAGGER);
    var unused = commands.taken();
    return race;
  }

  private static long at(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
