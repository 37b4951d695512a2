package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attempt from its start to its end.
 *
 * @param end how it ended; null while it goes on
 */
public record AttemptSpan(AttemptEvent.Started start, @Nullable AttemptEvent end) {

  /** How an attempt ends. */
  public enum Ending {
    WON,
    /** Another one won. */
    LOST,
    FAILED,
    /** The connect timeout ran out. */
    TIMED_OUT,
    /** The race was given up. */
    CANCELLED,
    /** It has not ended. */
    RUNNING
  }

  /** The attempts of one race, in order of starting, from its events. */
  public static List<AttemptSpan> of(List<AttemptEvent> events) {
    List<AttemptSpan> spans = new ArrayList<>(events.size() / 2 + 1);
    for (AttemptEvent event : events) {
      if (event instanceof AttemptEvent.Started started) {
        spans.add(new AttemptSpan(started, endOf(started, events)));
      }
    }
    return spans;
  }

  private static @Nullable AttemptEvent endOf(
      AttemptEvent.Started started, List<AttemptEvent> events) {
    for (AttemptEvent event : events) {
      if (event.attempt() == started.attempt() && !(event instanceof AttemptEvent.Started)) {
        return event;
      }
    }
    return null;
  }

  public Address address() {
    return start.address();
  }

  /** The address, with {@code quic:} before it where it is spoken to over QUIC. */
  public String target() {
    return start.over() == TransportProtocol.QUIC ? "quic:" + address().text() : address().text();
  }

  /** How long it took, in nanoseconds; −1 while it goes on. */
  public long nanos() {
    return end == null ? -1 : end.atNanos() - start.atNanos();
  }

  public Ending ending() {
    if (end instanceof AttemptEvent.Won) {
      return Ending.WON;
    }
    if (end instanceof AttemptEvent.Failed) {
      return Ending.FAILED;
    }
    if (end instanceof AttemptEvent.Lost lost) {
      return switch (lost.reason()) {
        case ANOTHER_WON -> Ending.LOST;
        case TIMED_OUT -> Ending.TIMED_OUT;
        case CANCELLED -> Ending.CANCELLED;
      };
    }
    return Ending.RUNNING;
  }

  /** Why it failed, or null. */
  public @Nullable ConnectFailure failure() {
    return end instanceof AttemptEvent.Failed failed ? failed.failure() : null;
  }
}
