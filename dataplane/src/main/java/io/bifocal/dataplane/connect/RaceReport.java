package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A race that ended. Its questions are asked of every race: they allocate nothing.
 *
 * @param plan what it was run for
 * @param result how it ended
 * @param began the time of day
 * @param endedAt on the loop's clock, in nanoseconds
 * @param nanos how long it took
 * @param lateness by how many nanoseconds the attempt that was latest began after it was due; −1
 *     when none had waited for the delay after the one before
 * @param attempts what happened to each attempt, in order of time
 */
public record RaceReport(
    RacePlan plan,
    Result result,
    Instant began,
    long endedAt,
    long nanos,
    long lateness,
    List<AttemptEvent> attempts) {

  /** How a race ends. */
  public enum Result {
    WON,
    /** Every attempt failed. */
    FAILED,
    /** The connect timeout ran out. */
    TIMED_OUT,
    /** Its caller gave it up. */
    CANCELLED
  }

  /** Who won, or null. */
  public AttemptEvent.@Nullable Won winner() {
    for (int i = 0; i < attempts.size(); i++) {
      if (attempts.get(i) instanceof AttemptEvent.Won won) {
        return won;
      }
    }
    return null;
  }

  /** How many attempts there were. */
  public int attemptCount() {
    int count = 0;
    for (int i = 0; i < attempts.size(); i++) {
      count += attempts.get(i) instanceof AttemptEvent.Started ? 1 : 0;
    }
    return count;
  }

  /** Whether there was an attempt at an address. */
  public boolean tried(Address address) {
    for (int i = 0; i < attempts.size(); i++) {
      if (attempts.get(i).address().equals(address)) {
        return true;
      }
    }
    return false;
  }

  /** How an attempt started. */
  public AttemptEvent.Started start(int attempt) {
    for (int i = 0; i < attempts.size(); i++) {
      if (attempts.get(i) instanceof AttemptEvent.Started started && started.attempt() == attempt) {
        return started;
      }
    }
    throw new IllegalArgumentException("no attempt " + attempt);
  }

  /** Whether an address that was tried again may have its old place again. */
  public boolean healed() {
    return plan.purpose() == RacePlan.Purpose.RETRY && result == Result.WON;
  }
}
