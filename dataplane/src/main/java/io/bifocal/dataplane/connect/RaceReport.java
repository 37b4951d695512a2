package io.bifocal.dataplane.connect;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A race that ended.
 *
 * @param plan what it was run for
 * @param began the time of day
 * @param endedAt on the loop's clock, in nanoseconds
 * @param attempts what happened to each attempt, in order of time
 */
public record RaceReport(RacePlan plan, Instant began, long endedAt, List<AttemptEvent> attempts) {

  /** Who won, or null. */
  public AttemptEvent.@Nullable Won winner() {
    for (AttemptEvent event : attempts) {
      if (event instanceof AttemptEvent.Won won) {
        return won;
      }
    }
    return null;
  }

  /** How long the race took, in nanoseconds. */
  public long nanos() {
    return attempts.get(attempts.size() - 1).atNanos();
  }

  /** When an attempt started, in nanoseconds since the race began. */
  long startedAt(int attempt) {
    for (AttemptEvent event : attempts) {
      if (event instanceof AttemptEvent.Started started && started.attempt() == attempt) {
        return started.atNanos();
      }
    }
    throw new IllegalArgumentException("no attempt " + attempt);
  }
}
