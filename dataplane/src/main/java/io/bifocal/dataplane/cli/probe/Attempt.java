package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.host.Address;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a race. Times are nanoseconds since the run began.
 *
 * @param cause why it started
 * @param connectedNanos when the socket was connected and TLS began; null if it never was, or
 *     without TLS
 * @param endedNanos when it won, lost or failed
 * @param failure why it failed; null if it did not
 */
record Attempt(
    Address address,
    AttemptEvent.Cause cause,
    long startedNanos,
    @Nullable Long connectedNanos,
    long endedNanos,
    End end,
    @Nullable Failure failure) {

  /** How it ended. */
  enum End {
    WON,
    /** Another one won. */
    LOST,
    FAILED
  }

  long nanos() {
    return endedNanos - startedNanos;
  }
}
