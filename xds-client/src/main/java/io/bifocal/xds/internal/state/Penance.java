package io.bifocal.xds.internal.state;

import io.bifocal.xds.time.Backoff;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The wait that an unchanged response costs which was refused before: a server that answers a
 * refusal with the very same bytes would keep both of us busy.
 */
final class Penance {
  private static final Duration BASE = Duration.ofMillis(500);
  private static final Duration MAX = Duration.ofSeconds(30);

  private final Loop loop;
  private final Runnable due;
  private final Backoff backoff;
  private @Nullable Long refused;
  private Loop.@Nullable Timer timer;

  Penance(Surroundings surroundings) {
    this.loop = surroundings.loop();
    this.due = surroundings.due();
    this.backoff = new Backoff(BASE, MAX, surroundings.chance());
  }

  /** Whether it is being done: nothing is sent meanwhile. */
  boolean underWay() {
    return timer != null;
  }

  /** A response was taken: what was refused before is forgotten. */
  void accepted() {
    refused = null;
    absolve();
  }

  /**
   * A response is refused; this remembers its bytes.
   *
   * @return whether the one refused before was the same
   */
  boolean isRepeated(long fingerprint) {
    Long before = refused;
    refused = fingerprint;
    return before != null && before == fingerprint;
  }

  /** Does it: longer than the last time. */
  void begin() {
    lift();
    timer =
        loop.schedule(
            backoff.next(),
            () -> {
              timer = null;
              due.run();
            });
  }

  /** There is no reason for it: the next one begins with the shortest wait. */
  void absolve() {
    lift();
    backoff.reset();
  }

  /** Ends the one under way; the next one is longer all the same. */
  void lift() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
