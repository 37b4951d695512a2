package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.xds.time.Loop;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Gathers what happened to attempts at HTTP/3, for the memory that orders later ones. */
final class Http3Lesson {
  private final Loop loop;
  private final RacePlan plan;
  private final Instant began;
  private final long beganAt;
  private final List<AttemptEvent> events = new ArrayList<>(4);

  Http3Lesson(Loop loop, RacePlan plan) {
    this.loop = loop;
    this.plan = plan;
    this.began = loop.wallTime();
    this.beganAt = loop.nanoTime();
  }

  void tell(AttemptEvent event) {
    events.add(event);
  }

  /** Hands on what there was to learn, which it tells. */
  RaceReport learn() {
    long now = loop.nanoTime();
    RaceReport report =
        new RaceReport(plan, result(), began, now, now - beganAt, -1, List.copyOf(events));
    plan.pupil().onRace(report);
    return report;
  }

  /** How it has ended. */
  Result result() {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i) instanceof AttemptEvent.Won) {
        return Result.WON;
      }
      if (events.get(i) instanceof AttemptEvent.Lost lost) {
        return switch (lost.reason()) {
          case ANOTHER_WON -> Result.WON;
          case CANCELLED -> Result.CANCELLED;
          case TIMED_OUT -> Result.TIMED_OUT;
        };
      }
    }
    return Result.FAILED;
  }
}
