package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceReport;
import org.jspecify.annotations.Nullable;

/**
 * Why no connection was to be had.
 *
 * @param detail the transport's text ({@code %UPSTREAM_TRANSPORT_FAILURE_REASON%}), or empty
 * @param race the race that failed; null if there was none
 */
public record PoolFailure(Reason reason, String detail, @Nullable RaceReport race) {
  /** A failure without a race. */
  public PoolFailure(Reason reason, String detail) {
    this(reason, detail, null);
  }

  /** The same as the end of another race. */
  public PoolFailure after(RaceReport other) {
    return new PoolFailure(reason, detail, other);
  }

  /** Envoy's reasons. */
  public enum Reason {
    /** A circuit breaker is open. */
    OVERFLOW,
    TIMEOUT,
    LOCAL_CONNECTION_FAILURE,
    REMOTE_CONNECTION_FAILURE
  }
}
