package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;

/**
 * What happened to one attempt of a race. Times are nanoseconds since the race began.
 *
 * <p>Access logs, admin, statistics and tests all read this one stream.
 */
public sealed interface AttemptEvent {
  /** The attempt's number in the race, from 0, in order of starting. */
  int attempt();

  Address address();

  long atNanos();

  /** The attempt began. */
  record Started(int attempt, Address address, long atNanos, Cause cause) implements AttemptEvent {}

  /** It failed before there was a winner. */
  record Failed(int attempt, Address address, long atNanos, ConnectFailure failure)
      implements AttemptEvent {}

  /** Its transport socket is ready: it serves the caller. */
  record Won(int attempt, Address address, long atNanos) implements AttemptEvent {}

  /** Another one won, or the caller or the timeout ended the race: it was cancelled. */
  record Lost(int attempt, Address address, long atNanos, LossReason reason)
      implements AttemptEvent {}

  /** Why an attempt started. */
  enum Cause {
    FIRST,
    STAGGER,
    PREVIOUS_FAILED
  }

  /** Why a running attempt was given up. */
  enum LossReason {
    ANOTHER_WON,
    CANCELLED,
    TIMED_OUT
  }
}
