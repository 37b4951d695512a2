package io.bifocal.dataplane.http;

import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stream.StreamInfo;

/**
 * Requests that their client gives up at once: how many of them one connection may have. Source:
 * Envoy's {@code overload.premature_reset_total_stream_count} and {@code
 * overload.premature_reset_min_stream_lifetime_seconds}.
 */
final class PrematureResets {
  private static final String LIMIT = "overload.premature_reset_total_stream_count";
  private static final String LIFETIME = "overload.premature_reset_min_stream_lifetime_seconds";
  private static final long MOST_SECONDS = 1_000_000;

  private final RuntimeReader runtime;
  private long closed;
  private long premature;

  PrematureResets(RuntimeReader runtime) {
    this.runtime = runtime;
  }

  /** Another request is over: whether there are too many now. */
  boolean isTooMany(StreamInfo info) {
    closed++;
    if (info.responseCode == 0 && isShort(info.endNanos - info.startNanos)) {
      premature++;
    }
    // Half of them; or half of the limit, when not even good ones could make up for it any more.
    return premature > 0
        && premature * 2 >= Math.max(closed, runtime.snapshot().number(LIMIT, 500));
  }

  // Whole seconds.
  private boolean isShort(long nanos) {
    long seconds = Math.min(MOST_SECONDS, runtime.snapshot().number(LIFETIME, 1));
    return nanos < (seconds + 1) * 1_000_000_000L;
  }
}
