package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.AttemptEvent;
import java.util.List;

/**
 * Why no connection was to be had.
 *
 * @param detail the transport's text ({@code %UPSTREAM_TRANSPORT_FAILURE_REASON%}), or empty
 * @param attempts the race that failed, in order; empty for an overflow
 */
public record PoolFailure(Reason reason, String detail, List<AttemptEvent> attempts) {
  public PoolFailure {
    attempts = List.copyOf(attempts);
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
