package io.bifocal.dataplane.http.filter.healthcheck;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the upstream answered last, for a while. For use by all workers. */
final class AnswerCache {
  private final long nanos;
  private volatile @Nullable Answer last;

  /**
   * One answer.
   *
   * @param degraded whether the upstream said that it is
   */
  record Answer(int status, boolean degraded, long until) {}

  AnswerCache(Duration time) {
    this.nanos = time.toNanos();
  }

  void put(int status, boolean degraded, Loop loop) {
    last = new Answer(status, degraded, loop.nanoTime() + nanos);
  }

  /** The last answer; null when it is too old, or there is none. */
  @Nullable Answer get(Loop loop) {
    Answer known = last;
    return known == null || loop.nanoTime() - known.until >= 0 ? null : known;
  }
}
