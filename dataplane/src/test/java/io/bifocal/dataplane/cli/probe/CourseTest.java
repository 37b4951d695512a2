package io.bifocal.dataplane.cli.probe;

import static io.bifocal.dataplane.cli.probe.Runs.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.bifocal.dataplane.cli.probe.Attempt.End;
import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CourseTest {
  private static final long ZERO = 1_000_000_000;

  @Test
  void anAttemptIsFromItsStartToItsEndInTheTimeOfTheRun() {
    List<AttemptEvent> race =
        List.of(
            new AttemptEvent.Started(0, Runs.V6, 0, Cause.FIRST),
            new AttemptEvent.Started(1, Runs.V4, ms(300), Cause.STAGGER),
            new AttemptEvent.Won(1, Runs.V4, ms(320)),
            new AttemptEvent.Lost(0, Runs.V6, ms(320), LossReason.ANOTHER_WON));

    assertThat(attempts(race, List.of()))
        .containsExactly(
            Runs.attempt(Runs.V6, Cause.FIRST, 5, 325, End.LOST, null),
            Runs.won(Runs.V4, Cause.STAGGER, 305, 325));
  }

  @Test
  void aSocketThatWasConnectedBelongsToTheAttemptOfThatTime() {
    List<AttemptEvent> race =
        List.of(
            new AttemptEvent.Started(0, Runs.V6, ms(10), Cause.FIRST),
            new AttemptEvent.Won(0, Runs.V6, ms(30)));
    Stopwatch.Split before = new Stopwatch.Split(Runs.V6, ZERO + ms(8));
    Stopwatch.Split another = new Stopwatch.Split(Runs.V4, ZERO + ms(20));
    Stopwatch.Split within = new Stopwatch.Split(Runs.V6, ZERO + ms(25));

    assertThat(attempts(race, List.of(before, another, within)))
        .singleElement()
        .extracting(Attempt::connectedNanos)
        .isEqualTo(ms(25));
  }

  @Test
  void whatTheTimeoutEndedHasFailed() {
    List<AttemptEvent> race =
        List.of(
            new AttemptEvent.Started(0, Runs.V6, 0, Cause.FIRST),
            new AttemptEvent.Started(1, Runs.V4, ms(300), Cause.STAGGER),
            new AttemptEvent.Lost(0, Runs.V6, ms(500), LossReason.TIMED_OUT),
            new AttemptEvent.Lost(1, Runs.V4, ms(500), LossReason.TIMED_OUT));
    Stopwatch.Split connected = new Stopwatch.Split(Runs.V4, ZERO + ms(310));

    List<Attempt> attempts = attempts(race, List.of(connected));

    assertThat(attempts).extracting(Attempt::end).containsOnly(End.FAILED);
    assertThat(attempts)
        .extracting(Attempt::failure)
        .containsExactly(Diagnosis.timedOut(false), Diagnosis.timedOut(true));
  }

  @Test
  void aFailureIsDiagnosed() {
    List<AttemptEvent> race =
        List.of(
            new AttemptEvent.Started(0, Runs.V6, 0, Cause.FIRST),
            new AttemptEvent.Failed(
                0,
                Runs.V6,
                ms(1),
                new ConnectFailure(Kind.REMOTE, "delayed connect error: Connection refused")));

    assertThat(attempts(race, List.of()))
        .singleElement()
        .extracting("failure.reason")
        .isEqualTo(Reason.REFUSED);
  }

  @Test
  void http3ThatGoesOnBesideAWinnerOverTcpHasLostWhenTheRaceIsOver() {
    List<AttemptEvent> race =
        List.of(
            new AttemptEvent.Started(0, Runs.V6, 0, Cause.FIRST, TransportProtocol.QUIC),
            new AttemptEvent.Started(1, Runs.V6, ms(300), Cause.STAGGER),
            new AttemptEvent.Won(1, Runs.V6, ms(400)));
    Stopwatch.Split ofTcp = new Stopwatch.Split(Runs.V6, ZERO + ms(310));

    List<Attempt> attempts = attempts(race, List.of(ofTcp));

    assertThat(attempts)
        .extracting(Attempt::target, Attempt::end, Attempt::connectedNanos, Attempt::endedNanos)
        .containsExactly(
            tuple("quic:[2001:db8::1]:443", End.LOST, null, ms(405)),
            tuple("[2001:db8::1]:443", End.WON, ms(310), ms(405)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "REMOTE;  delayed connect error: Connection refused;    REFUSED",
        "REMOTE;  QUIC: error 376 from peer: no ALPN;           NOT_HTTP3",
        "REMOTE;  QUIC: error 296 from peer;                    TLS_FAILED",
        "REMOTE;  QUIC: error 2 from peer: busy;                RESET",
        "REMOTE;  QUIC: closed before the handshake's end;      OTHER",
        "REMOTE;  TLS_error:|1:CERTIFICATE_VERIFY_FAILED:x:end; CERTIFICATE_UNTRUSTED",
        "TIMEOUT; '';                                           TIMED_OUT",
        "LOCAL;   socket creation failure;                      NO_SOCKET",
        "LOCAL;   a name that TLS cannot ask for;               OTHER",
      })
  void whatHappensToQuicIsDiagnosed(Kind kind, String detail, Reason reason) {
    List<AttemptEvent> race =
        List.of(
            new AttemptEvent.Started(0, Runs.V6, 0, Cause.FIRST, TransportProtocol.QUIC),
            new AttemptEvent.Failed(0, Runs.V6, ms(1), new ConnectFailure(kind, detail)));

    assertThat(attempts(race, List.of()))
        .singleElement()
        .extracting("failure.reason")
        .isEqualTo(reason);
  }

  private static List<Attempt> attempts(List<AttemptEvent> race, List<Stopwatch.Split> splits) {
    return new Course(race, ms(5), ms(400), splits, ZERO, new Diagnosis(family -> true)).attempts();
  }
}
