package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.dataplane.pool.UpstreamConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened to one request while it waited for a connection, as one race: the attempts at
 * HTTP/3 and those that TCP's pool made, on one clock. What had begun before the request asked
 * begins when it asked.
 */
final class GridTimeline {
  private final long beganAt;
  private final List<AttemptEvent> http3 = new ArrayList<>(4);
  private List<AttemptEvent> tcp = List.of();
  private long tcpAskedAt;
  private AttemptEvent.Cause tcpCause = AttemptEvent.Cause.FIRST;
  private @Nullable Result result;
  private long answeredAt;

  /**
   * @param beganAt on the loop's clock, in nanoseconds
   */
  GridTimeline(long beganAt) {
    this.beganAt = beganAt;
  }

  void tell(GridEvent event) {
    if (event instanceof GridEvent.Http3 of) {
      http3.add(of.attempt());
    } else if (event instanceof GridEvent.TcpStarted start) {
      tcpAskedAt = start.atNanos();
      tcpCause =
          switch (start.cause()) {
            case ALONE, FAILED_RECENTLY -> AttemptEvent.Cause.FIRST;
            case DELAY -> AttemptEvent.Cause.STAGGER;
            case HTTP3_FAILED -> AttemptEvent.Cause.PREVIOUS_FAILED;
          };
    } else if (event instanceof GridEvent.TcpLost lost) {
      tcp = endedAt(lost.atNanos(), lost.reason());
    }
  }

  /** TCP is up: by a race that this request waited for, or long before. */
  void tcpReady(UpstreamConnection connection, long now) {
    RaceReport race = connection.race();
    long at = now - beganAt;
    if (race.attempts().isEmpty() || race.endedAt() - beganAt < tcpAskedAt) {
      tcp =
          List.of(
              new AttemptEvent.Started(0, connection.remoteAddress(), tcpAskedAt, tcpCause),
              new AttemptEvent.Won(0, connection.remoteAddress(), at));
    } else {
      tcpRaced(race);
    }
  }

  /** TCP's race is over. */
  void tcpRaced(RaceReport race) {
    long offset = race.endedAt() - race.nanos() - beganAt;
    List<AttemptEvent> events = new ArrayList<>(race.attempts().size());
    for (AttemptEvent event : race.attempts()) {
      events.add(event.as(event.attempt(), event.atNanos() + offset));
    }
    tcp = events;
  }

  /** TCP is about to be given up. */
  void tcpSoFar(List<AttemptEvent> events) {
    tcp = events;
  }

  long beganAt() {
    return beganAt;
  }

  /** The request has its answer. */
  void answered(long now, Result how) {
    answeredAt = now;
    result = how;
  }

  /**
   * All of it, as far as it has come; the request has its answer, or is given up now.
   *
   * @param plan what it is a race for
   * @param now on the loop's clock, in nanoseconds
   * @param time the time of day
   */
  RaceReport report(RacePlan plan, long now, Instant time) {
    Result how = result;
    if (how == null) {
      answered(now, Result.CANCELLED);
      how = Result.CANCELLED;
    }
    Instant began = time.minusNanos(now - beganAt);
    return new RaceReport(plan, how, began, answeredAt, answeredAt - beganAt, -1, merged());
  }

  /** The running ones of TCP's attempts have lost. */
  private List<AttemptEvent> endedAt(long nanos, LossReason reason) {
    List<AttemptEvent> all = new ArrayList<>(tcp);
    for (AttemptEvent event : tcp) {
      if (event instanceof AttemptEvent.Started && isRunning(event.attempt())) {
        all.add(new AttemptEvent.Lost(event.attempt(), event.address(), nanos, reason));
      }
    }
    return all;
  }

  private boolean isRunning(int attempt) {
    for (AttemptEvent event : tcp) {
      if (event.attempt() == attempt && !(event instanceof AttemptEvent.Started)) {
        return false;
      }
    }
    return true;
  }

  // HTTP/3's come first where both are of one moment: they are what was tried first.
  private List<AttemptEvent> merged() {
    List<Entry> entries = new ArrayList<>(http3.size() + tcp.size());
    for (AttemptEvent event : http3) {
      entries.add(new Entry(event.attempt(), lateForTheRequest(event), event.atNanos()));
    }
    for (AttemptEvent event : tcp) {
      entries.add(new Entry(~event.attempt(), event, Math.max(event.atNanos(), tcpAskedAt)));
    }
    entries.sort(Comparator.comparingLong(Entry::nanos));
    Map<Integer, Integer> numbers = new HashMap<>();
    List<AttemptEvent> all = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      Integer number = numbers.computeIfAbsent(entry.whose, whose -> numbers.size());
      AttemptEvent event = entry.event.as(number, entry.nanos);
      boolean firstOfTcp = entry.whose == ~0 && event instanceof AttemptEvent.Started;
      all.add(firstOfTcp ? ((AttemptEvent.Started) event).because(tcpCause) : event);
    }
    return List.copyOf(all);
  }

  /** What is up when TCP serves already has come second. */
  private AttemptEvent lateForTheRequest(AttemptEvent event) {
    boolean late =
        event instanceof AttemptEvent.Won
            && result == Result.WON
            && event.atNanos() > answeredAt - beganAt;
    return late
        ? new AttemptEvent.Lost(
            event.attempt(), event.address(), event.atNanos(), LossReason.ANOTHER_WON)
        : event;
  }

  /**
   * An event at its place.
   *
   * @param whose the attempt's number at HTTP/3; its complement over TCP
   */
  private record Entry(int whose, AttemptEvent event, long nanos) {}
}
