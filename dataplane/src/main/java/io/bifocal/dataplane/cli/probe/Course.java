package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.cli.probe.Attempt.End;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptSpan;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events of a race put together, attempt by attempt.
 *
 * @param offset when the race began, in nanoseconds since the run began
 * @param length how long it took: what still goes on then, as HTTP/3 does beside a winner over TCP,
 *     has lost
 * @param splits when sockets were connected
 * @param zero when the run began, on the clock of the splits
 */
record Course(
    List<AttemptEvent> events,
    long offset,
    long length,
    List<Stopwatch.Split> splits,
    long zero,
    Diagnosis diagnosis) {

  List<Attempt> attempts() {
    return AttemptSpan.of(events).stream().map(this::attempt).toList();
  }

  private Attempt attempt(AttemptSpan span) {
    long from = offset + span.start().atNanos();
    long until = span.end() == null ? offset + length : from + span.nanos();
    Stopwatch.Split split = split(span, from, until);
    return new Attempt(
        span.address(),
        span.start().over(),
        span.start().cause(),
        from,
        split == null ? null : split.connectedAt - zero,
        until,
        end(span),
        failure(span, split));
  }

  // Addresses are raced once each; one that is tried again beside the race began before this
  // attempt, or was not connected within it.
  private Stopwatch.@Nullable Split split(AttemptSpan span, long from, long until) {
    if (overQuic(span)) {
      return null;
    }
    return splits.stream()
        .filter(s -> s.address.equals(span.address()))
        .filter(s -> s.connectedAt - zero >= from && s.connectedAt - zero <= until)
        .findFirst()
        .orElse(null);
  }

  private static boolean overQuic(AttemptSpan span) {
    return span.start().over() == TransportProtocol.QUIC;
  }

  private static End end(AttemptSpan span) {
    return switch (span.ending()) {
      case WON -> End.WON;
      case LOST, RUNNING -> End.LOST;
      case FAILED, TIMED_OUT, CANCELLED -> End.FAILED;
    };
  }

  private @Nullable Failure failure(AttemptSpan span, Stopwatch.@Nullable Split split) {
    ConnectFailure failure = span.failure();
    if (failure == null) {
      return end(span) == End.FAILED ? Diagnosis.timedOut(split != null) : null;
    }
    if (failure.kind() == Kind.TIMEOUT) {
      return Diagnosis.timedOut(split != null);
    }
    if (overQuic(span) && !isOfSocket(failure)) {
      return QuicDiagnosis.of(failure.detail());
    }
    Throwable onTop = split == null ? null : split.failure();
    return onTop == null ? diagnosis.of(failure, span.address()) : TlsDiagnosis.of(onTop);
  }

  /** Whether a system's call failed, or an error came back from the network. */
  private static boolean isOfSocket(ConnectFailure failure) {
    boolean none = failure.kind().isLocal() && failure.detail().startsWith("socket");
    return none || !failure.phrase().equals(failure.detail());
  }
}
