package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.pool.PoolFailure;

/**
 * What happened while a request got its connection. Times are nanoseconds since it asked.
 *
 * <p>HTTP/3 goes on after TCP has begun to serve, so that its connection serves later requests.
 */
public sealed interface GridEvent {
  long atNanos();

  /** Something happened to an attempt at HTTP/3: to one of at most two. */
  record Http3(AttemptEvent attempt) implements GridEvent {
    @Override
    public long atNanos() {
      return attempt.atNanos();
    }
  }

  /** TCP was asked, of which there is one attempt: its pool races the host's addresses. */
  record TcpStarted(long atNanos, Cause cause) implements GridEvent {}

  /** TCP is up, and serves. */
  record TcpReady(long atNanos) implements GridEvent {}

  /** TCP failed before anything was up. */
  record TcpFailed(long atNanos, PoolFailure failure) implements GridEvent {}

  /** HTTP/3 serves, or nobody waits any longer: TCP was given up. */
  record TcpLost(long atNanos, LossReason reason) implements GridEvent {}

  /** TCP was up, and all of HTTP/3 failed. */
  record Http3Broken(long atNanos) implements GridEvent {}

  /** Why TCP was asked. */
  enum Cause {
    /** HTTP/3 is not tried. */
    ALONE,
    /** HTTP/3 failed recently: both began together. */
    FAILED_RECENTLY,
    /** The time for HTTP/3 alone was over. */
    DELAY,
    /** All of HTTP/3 failed before that. */
    HTTP3_FAILED
  }
}
