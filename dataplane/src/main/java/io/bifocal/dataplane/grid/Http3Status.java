package io.bifocal.dataplane.grid;

import java.time.Duration;

/**
 * Whether HTTP/3 works towards an origin. Immutable; times are nanoseconds of the loops' clock.
 *
 * <p>Source: Envoy's {@code Http3StatusTrackerImpl}.
 */
public sealed interface Http3Status {
  /** Nothing is known yet. */
  record Pending() implements Http3Status {}

  /** A handshake came to its end. */
  record Confirmed() implements Http3Status {}

  /**
   * TCP was up where HTTP/3 had failed: it is not tried.
   *
   * @param times in succession
   * @param until when it may be tried again
   */
  record Broken(int times, long until) implements Http3Status {}

  /**
   * It is tried again, with TCP at its side.
   *
   * @param times how often in succession it was broken
   */
  record FailedRecently(int times) implements Http3Status {}

  /** How long HTTP/3 is broken the first time. */
  Duration FIRST_BREAK = Duration.ofSeconds(1);

  /** Each time is twice as long as the one before, up to so many doublings: 36 hours. */
  int MOST_DOUBLINGS = 17;

  /** The same once {@code now} has come. */
  default Http3Status at(long now) {
    return this instanceof Broken broken && now - broken.until >= 0
        ? new FailedRecently(broken.times)
        : this;
  }

  /** How often in succession it was broken. */
  default int breaks() {
    if (this instanceof Broken broken) {
      return broken.times;
    }
    return this instanceof FailedRecently failed ? failed.times : 0;
  }

  /** TCP was up where HTTP/3 had failed. While it is broken already, this prolongs nothing. */
  default Http3Status broken(long now) {
    Http3Status current = at(now);
    if (current instanceof Broken) {
      return current;
    }
    long wait = FIRST_BREAK.toNanos() << Math.min(current.breaks(), MOST_DOUBLINGS);
    return new Broken(current.breaks() + 1, now + wait);
  }
}
