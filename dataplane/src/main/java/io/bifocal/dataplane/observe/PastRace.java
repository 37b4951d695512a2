package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.connect.Advice;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.time.Instant;
import java.util.List;

/**
 * What is kept of a race that ended: nothing that its cluster or its sockets need. Immutable.
 *
 * @param worker the number of the worker that ran it, from 0
 * @param host the address that names the host
 * @param endedAt on the loops' clock, in nanoseconds
 * @param nanos how long it took
 * @param attemptCount how many attempts there were
 * @param attempts what happened to the first of them and to the winner, in order of time
 */
public record PastRace(
    int worker,
    String cluster,
    Address host,
    Purpose purpose,
    Advice advice,
    RaceReport.Result result,
    Instant began,
    long endedAt,
    long nanos,
    int attemptCount,
    List<AttemptEvent> attempts) {

  /** How many attempts are kept of one race. */
  static final int ATTEMPTS = 32;

  private static final List<AttemptSpan> NO_SPANS = List.of();

  static PastRace of(int worker, RaceReport race) {
    int attempts = race.attemptCount();
    return new PastRace(
        worker,
        race.plan().cluster(),
        race.plan().host(),
        race.plan().purpose(),
        race.plan().advice(),
        race.result(),
        race.began(),
        race.endedAt(),
        race.nanos(),
        attempts,
        attempts <= ATTEMPTS ? race.attempts() : shortened(race));
  }

  /** Whether TCP won where every attempt at HTTP/3 had failed, then or later. */
  public boolean isHttp3Broken() {
    boolean tcpWon = false;
    boolean allFailed = false;
    for (AttemptSpan span : purpose == Purpose.GRID ? AttemptSpan.of(attempts) : NO_SPANS) {
      boolean quic = span.start().over() == TransportProtocol.QUIC;
      if (quic && span.ending() != AttemptSpan.Ending.FAILED) {
        return false;
      }
      allFailed |= quic;
      tcpWon |= span.ending() == AttemptSpan.Ending.WON;
    }
    return tcpWon && allFailed;
  }

  private static List<AttemptEvent> shortened(RaceReport race) {
    AttemptEvent.Won winner = race.winner();
    int won = winner == null ? 0 : winner.attempt();
    return race.attempts().stream()
        .filter(event -> event.attempt() < ATTEMPTS - 1 || event.attempt() == won)
        .toList();
  }
}
