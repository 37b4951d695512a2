package io.bifocal.xds.time;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * A serial executor with a clock and timers. Everything handed to {@link #execute} or {@link
 * #schedule} runs one at a time, in order, on the loop; mutable state belongs to one loop, and its
 * entry points call {@link #assertInLoop}.
 */
public interface Loop extends Executor {
  /** Monotonic nanoseconds; only differences mean something. */
  long nanoTime();

  /** The time of day, for people and logs; never for intervals. */
  Instant wallTime();

  /** Whether the caller runs on this loop. */
  boolean inLoop();

  /** Runs {@code task} on the loop after {@code delay}; never from within this call. */
  Timer schedule(Duration delay, Runnable task);

  /** Fails when state that belongs to this loop is touched from elsewhere. */
  default void assertInLoop() {
    if (!inLoop()) {
      throw new IllegalStateException(
          "called on " + Thread.currentThread().getName() + ", which is not " + this);
    }
  }

  /** A pending task. */
  @FunctionalInterface
  interface Timer {
    /** Forgets the task if it has not run yet; harmless afterwards. To be called on the loop. */
    void cancel();
  }
}
