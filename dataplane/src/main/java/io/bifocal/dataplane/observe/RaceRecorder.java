package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.format.Attempts;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import jdk.jfr.FlightRecorder;

/**
 * Tells the JDK's Flight Recorder of one worker's races and attempts ({@code bifocal.ConnectRace},
 * {@code bifocal.ConnectAttempt}), while somebody records. Confined to the worker's loop.
 *
 * <p>Events are begun and ended when what they tell of begins and ends, so that they stand at their
 * place on the recorder's own clock, and a recording's thresholds work.
 */
public final class RaceRecorder implements RaceListener {
  private final IdentityHashMap<RacePlan, Recorded> running = new IdentityHashMap<>();

  @Override
  public void onBegin(RacePlan plan) {
    if (FlightRecorder.isInitialized() && Kinds.wanted()) {
      running.put(plan, new Recorded());
    }
  }

  @Override
  public void onEvent(RacePlan plan, AttemptEvent event) {
    Recorded race = running.isEmpty() ? null : running.get(plan);
    if (race != null) {
      race.tell(plan, event);
    }
  }

  @Override
  public void onRace(RaceReport race) {
    Recorded recorded = running.isEmpty() ? null : running.remove(race.plan());
    if (recorded != null) {
      recorded.end(race);
    }
  }

  /**
   * The kinds of events, which are registered when this is first used: where nobody ever records,
   * the recorder does not become part of the start.
   */
  private static final class Kinds {
    private static final ConnectRaceEvent RACES = new ConnectRaceEvent();
    private static final ConnectAttemptEvent ATTEMPTS = new ConnectAttemptEvent();

    static boolean wanted() {
      return RACES.isEnabled() || ATTEMPTS.isEnabled();
    }
  }

  /** A race that began while somebody recorded. */
  private static final class Recorded {
    private final ConnectRaceEvent race = new ConnectRaceEvent();
    private final List<ConnectAttemptEvent> attempts = new ArrayList<>(2);
    private final List<AttemptEvent.Started> starts = new ArrayList<>(2);

    Recorded() {
      race.begin();
    }

    void tell(RacePlan plan, AttemptEvent event) {
      if (event instanceof AttemptEvent.Started started) {
        ConnectAttemptEvent attempt = new ConnectAttemptEvent();
        attempt.begin();
        attempts.add(attempt);
        starts.add(started);
        return;
      }
      ConnectAttemptEvent attempt = attempts.get(event.attempt());
      attempt.end();
      if (attempt.shouldCommit()) {
        fill(attempt, plan, new AttemptSpan(starts.get(event.attempt()), event));
        attempt.commit();
      }
    }

    private static void fill(ConnectAttemptEvent event, RacePlan plan, AttemptSpan attempt) {
      event.cluster = plan.cluster();
      event.host = plan.host().text();
      event.address = attempt.address().text();
      event.family = Attempts.word(attempt.address().family());
      event.attempt = attempt.start().attempt();
      event.transport = Attempts.word(attempt.start().over());
      event.cause = Attempts.word(attempt.start().cause());
      event.ending = Attempts.word(attempt.ending());
      event.failure = attempt.failure() == null ? "" : attempt.failure().detail();
      event.backgroundRetry = plan.purpose() == Purpose.RETRY;
    }

    void end(RaceReport report) {
      race.end();
      if (report.plan().purpose() == Purpose.ENTRANT || !race.shouldCommit()) {
        return;
      }
      AttemptEvent.Won winner = report.winner();
      race.cluster = report.plan().cluster();
      race.host = report.plan().host().text();
      race.result = Attempts.word(report.result());
      race.attempts = report.attemptCount();
      race.winner = winner == null ? "" : winner.address().text();
      race.winnerFamily = winner == null ? "" : Attempts.word(winner.address().family());
      race.winnerTransport =
          winner == null ? "" : Attempts.word(report.start(winner.attempt()).over());
      race.grid = report.plan().purpose() == Purpose.GRID;
      race.reordered = report.plan().advice().reordered();
      race.backgroundRetry = report.plan().purpose() == Purpose.RETRY;
      race.commit();
    }
  }
}
