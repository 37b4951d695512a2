package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One look-up and one race. Times are nanoseconds since it began.
 *
 * @param lookups the resolver's, in order of time; none when the addresses were given
 * @param attempts in order of starting; none when there was no address
 * @param nanos how long it took in all
 * @param session what was agreed with the winner; null without TLS
 * @param failure why it did not connect; null if it did
 */
record Run(
    List<Lookup> lookups,
    List<Attempt> attempts,
    long nanos,
    @Nullable TlsSession session,
    @Nullable Failure failure) {

  boolean connected() {
    return failure == null;
  }

  /** Who won, or null. */
  @Nullable Attempt winner() {
    return attempts.stream().filter(a -> a.end() == Attempt.End.WON).findFirst().orElse(null);
  }

  /** When the race began: with the first attempt. The end of the run when there was none. */
  long raceBegan() {
    return attempts.isEmpty() ? nanos : attempts.get(0).startedNanos();
  }

  /** How long the race took, transport sockets included. */
  long raceNanos() {
    return nanos - raceBegan();
  }

  /** What other addresses cost: how long the winner's turn was in coming. */
  long lostNanos() {
    Attempt winner = winner();
    return winner == null ? 0 : winner.startedNanos() - raceBegan();
  }

  /** Those whom the winner had to wait for. */
  List<Attempt> before() {
    Attempt winner = winner();
    if (winner == null || winner.cause() == Cause.FIRST) {
      return List.of();
    }
    return attempts.subList(0, attempts.indexOf(winner));
  }
}
