package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportProtocol;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a race. Times are nanoseconds since the run began.
 *
 * @param over what its connection is made over
 * @param cause why it started
 * @param connectedNanos when the socket was connected and TLS began; null if it never was, or
 *     without TLS, or over QUIC, where both are one
 * @param endedNanos when it won, lost or failed
 * @param failure why it failed; null if it did not
 */
record Attempt(
    Address address,
    TransportProtocol over,
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

  /** Over TCP. */
  Attempt(
      Address address,
      AttemptEvent.Cause cause,
      long startedNanos,
      @Nullable Long connectedNanos,
      long endedNanos,
      End end,
      @Nullable Failure failure) {
    this(
        address,
        TransportProtocol.TCP,
        cause,
        startedNanos,
        connectedNanos,
        endedNanos,
        end,
        failure);
  }

  boolean isHttp3() {
    return over == TransportProtocol.QUIC;
  }

  /** The address, with {@code quic:} before it where it is spoken to over QUIC. */
  String target() {
    return isHttp3() ? "quic:" + address.text() : address.text();
  }

  long nanos() {
    return endedNanos - startedNanos;
  }
}
