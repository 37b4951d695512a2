package io.bifocal.dataplane.connect;

import java.time.Duration;

/** What is remembered of an address. Immutable; times are nanoseconds of the loops' clock. */
sealed interface Outcome {

  /**
   * It connected the last time.
   *
   * @param roundTrip smoothed, in nanoseconds: from the start of an attempt to a ready transport
   * @param variation of the round trips, in nanoseconds (RFC 6298 section 2)
   */
  record Good(long roundTrip, long variation) implements Outcome {
    static Good first(long sample) {
      return new Good(sample, sample / 2);
    }

    Good next(long sample) {
      long off = Math.abs(roundTrip - sample);
      return new Good((7 * roundTrip + sample) / 8, (3 * variation + off) / 4);
    }

    /** By when an answer would be there, if it came: what RFC 6298 retransmits after. */
    Duration expectedWithin() {
      return Duration.ofNanos(roundTrip + 4 * variation);
    }
  }

  /**
   * It refused, failed, or was overtaken by an address that started later.
   *
   * @param failures once, and once more for each time it was tried again in vain
   * @param retryAt when it may be tried again in the background
   */
  record Bad(int failures, long retryAt) implements Outcome {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
    private static final Duration LAST_RETRY = Duration.ofMinutes(5);
    private static final int ENOUGH_DOUBLINGS = 6; // from the first to beyond the last

    static Bad first(long now) {
      return after(1, now);
    }

    /** It was tried again, in vain. */
    Bad again(long now) {
      return after(failures + 1, now);
    }

    /** Somebody is about to try it again. */
    Bad claimed(long now) {
      return after(failures, now);
    }

    boolean isDue(long now) {
      return now - retryAt >= 0;
    }

    private static Bad after(int failures, long now) {
      Duration wait = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, ENOUGH_DOUBLINGS));
      return new Bad(
          failures, now + (wait.compareTo(LAST_RETRY) < 0 ? wait : LAST_RETRY).toNanos());
    }
  }
}
