package io.bifocal.dataplane.http;

import io.bifocal.dataplane.stream.StreamInfo;

/**
 * Requests that their client gives up at once: how many of them one connection may have. Source:
 * Envoy's {@code overload.premature_reset_total_stream_count} and {@code
 * overload.premature_reset_min_stream_lifetime_seconds}.
 */
final class PrematureResets {
  private static final long LIMIT = 500;
  private static final long LIFETIME_NANOS = 2_000_000_000L; // less than two whole seconds

  private long closed;
  private long premature;

  /** Another request is over: whether there are too many now. */
  boolean isTooMany(StreamInfo info) {
    closed++;
    if (info.responseCode == 0 && info.endNanos - info.startNanos < LIFETIME_NANOS) {
      premature++;
    }
    // Half of them; or half of the limit, when not even good ones could make up for it any more.
    return premature * 2 >= Math.max(closed, LIMIT);
  }
}
