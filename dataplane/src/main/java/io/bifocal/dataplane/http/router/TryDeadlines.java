package io.bifocal.dataplane.http.router;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What may run out while one try is under way. */
final class TryDeadlines {
  /** Who hears of it. */
  interface Owner {
    /** {@code per_try_timeout}. */
    void onPerTryTimeout();

    /** {@code per_try_idle_timeout}. */
    void onPerTryIdleTimeout();

    /** The cluster's {@code max_stream_duration}. */
    void onMaxDuration();
  }

  private final Loop loop;
  private final Owner owner;
  private Loop.@Nullable Timer perTry;
  private Loop.@Nullable Timer idle;
  private Loop.@Nullable Timer duration;
  private long idleNanos;
  private long touched;

  TryDeadlines(Loop loop, Owner owner) {
    this.loop = loop;
    this.owner = owner;
  }

  /** From now on the try may take so many milliseconds; 0 for any. */
  void startTry(long millis) {
    if (millis > 0) {
      perTry =
          loop.schedule(
              Duration.ofMillis(millis),
              () -> {
                perTry = null;
                owner.onPerTryTimeout();
              });
    }
  }

  /** From now on something must come within so many milliseconds; 0 for no bound. */
  void startIdle(long millis) {
    if (millis > 0) {
      idleNanos = TimeUnit.MILLISECONDS.toNanos(millis);
      touch();
      watch(idleNanos);
    }
  }

  /** From now on the try may take so long with its answer; zero for any. */
  void startDuration(Duration most) {
    if (!most.isZero()) {
      duration =
          loop.schedule(
              most,
              () -> {
                duration = null;
                owner.onMaxDuration();
              });
    }
  }

  /** Something has come. */
  void touch() {
    touched = loop.nanoTime();
  }

  // The timer is left to run: it looks when it fires whether it is time.
  private void watch(long after) {
    idle =
        loop.schedule(
            Duration.ofNanos(after),
            () -> {
              idle = null;
              long left = touched + idleNanos - loop.nanoTime();
              if (left > 0) {
                watch(left);
              } else {
                owner.onPerTryIdleTimeout();
              }
            });
  }

  /** The answer has begun. */
  void answered() {
    perTry = cancelled(perTry);
  }

  void stop() {
    perTry = cancelled(perTry);
    idle = cancelled(idle);
    duration = cancelled(duration);
  }

  private static Loop.@Nullable Timer cancelled(Loop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
    return null;
  }
}
