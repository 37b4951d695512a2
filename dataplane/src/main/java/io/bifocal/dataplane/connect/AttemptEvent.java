package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportProtocol;

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

  /** The same in another race's numbers and on its clock. */
  AttemptEvent as(int attempt, long atNanos);

  /**
   * The attempt began.
   *
   * @param over what its connection is made over
   */
  record Started(int attempt, Address address, long atNanos, Cause cause, TransportProtocol over)
      implements AttemptEvent {
    /** Over TCP, or a pipe. */
    public Started(int attempt, Address address, long atNanos, Cause cause) {
      this(attempt, address, atNanos, cause, TransportProtocol.TCP);
    }

    @Override
    public Started as(int number, long nanos) {
      return new Started(number, address, nanos, cause, over);
    }

    /** The same for another reason. */
    public Started because(Cause other) {
      return new Started(attempt, address, atNanos, other, over);
    }
  }

  /** It failed before there was a winner. */
  record Failed(int attempt, Address address, long atNanos, ConnectFailure failure)
      implements AttemptEvent {
    @Override
    public Failed as(int number, long nanos) {
      return new Failed(number, address, nanos, failure);
    }
  }

  /** Its transport socket is ready: it serves the caller. */
  record Won(int attempt, Address address, long atNanos) implements AttemptEvent {
    @Override
    public Won as(int number, long nanos) {
      return new Won(number, address, nanos);
    }
  }

  /** Another one won, or the caller or the timeout ended the race: it was cancelled. */
  record Lost(int attempt, Address address, long atNanos, LossReason reason)
      implements AttemptEvent {
    @Override
    public Lost as(int number, long nanos) {
      return new Lost(number, address, nanos, reason);
    }
  }

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
