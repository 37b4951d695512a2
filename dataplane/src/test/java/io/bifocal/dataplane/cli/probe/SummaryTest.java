package io.bifocal.dataplane.cli.probe;

import static io.bifocal.dataplane.cli.probe.Runs.ms;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.host.Family;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SummaryTest {
  @Test
  void aQuantileIsOneOfTheTimes() {
    assertThat(Quantiles.of(LongStream.of(7))).isEqualTo(new Quantiles(7, 7, 7, 7));
    assertThat(Quantiles.of(LongStream.of(3, 1, 2))).isEqualTo(new Quantiles(2, 3, 3, 3));
    assertThat(Quantiles.of(LongStream.rangeClosed(1, 100)))
        .isEqualTo(new Quantiles(50, 90, 99, 100));
    assertThat(Quantiles.of(LongStream.rangeClosed(1, 1000)))
        .isEqualTo(new Quantiles(500, 900, 990, 1000));
  }

  @Test
  void timesAreSplitIntoLookUpRaceAndWhatOthersCost() {
    Summary summary = Summary.of(List.of(Runs.silentV6()));

    assertThat(summary.times())
        .extracting("lookup.max", "race.max", "lost.max")
        .containsExactly(ms(12), ms(325), ms(300));
  }

  @Test
  void familiesAndFailuresAreCounted() {
    Summary summary =
        Summary.of(
            List.of(
                Runs.v6(2), Runs.refusedV6(), Runs.silentV6(), Runs.noneListens(), Runs.noName()));

    assertThat(summary.runs()).isEqualTo(5);
    assertThat(summary.connected()).isEqualTo(3);
    assertThat(summary.winners()).isEqualTo(Map.of(Family.V6, 1, Family.V4, 2));
    assertThat(summary.failures()).isEqualTo(Map.of(Reason.REFUSED, 2, Reason.NAME_NOT_FOUND, 1));
  }

  @Test
  void whatHttp3WonIsCountedWhereItWasTried() {
    Attempt inVain = Runs.http3(Runs.V6, 0, 305, Attempt.End.LOST);
    Run overTcp = Runs.of(List.of(), inVain, Runs.won(Runs.V6, Cause.STAGGER, 300, 305));
    Run overQuic = Runs.of(List.of(), Runs.http3(Runs.V6, 0, 5, Attempt.End.WON));

    assertThat(Summary.of(List.of(Runs.v6(2))).http3()).isNull();
    assertThat(SummaryText.of("1 run", Summary.of(List.of(overTcp))))
        .contains("winners: IPv6 100 % (1); HTTP/3 0 % (0)");
    assertThat(SummaryText.of("2 runs", Summary.of(List.of(overTcp, overQuic))))
        .contains("winners: IPv6 100 % (2); HTTP/3 50 % (1)");
  }

  @Test
  void whatDidNotConnectHasNoTimes() {
    Summary summary = Summary.of(List.of(Runs.noName(), Runs.noneListens()));

    assertThat(summary.times()).isNull();
    assertThat(SummaryText.of("2 runs", summary))
        .containsExactly("2 runs: 0 connected, 2 not", "failures: name not found 1, refused 1");
  }

  @Test
  void theTableHasARowForEachTime() {
    List<Run> runs = IntStream.rangeClosed(1, 10).mapToObj(i -> Runs.v6(i)).toList();

    assertThat(SummaryText.of("10 runs", Summary.of(runs)))
        .containsExactly(
            "10 runs: 10 connected, 0 not",
            "                                p50        p90        p99        max",
            "race, to the winner          5.0 ms     9.0 ms    10.0 ms    10.0 ms",
            "  of it lost on others       0.0 ms     0.0 ms     0.0 ms     0.0 ms",
            "winners: IPv6 100 % (10)");
  }

  @Test
  void theGainOfRememberingIsWhatTheFirstRunLostAndTheLaterOnesDidNot() {
    Summary first = Summary.of(List.of(Runs.silentV6()));
    Summary later = Summary.of(List.of(Runs.v6(2)));

    assertThat(SummaryText.gain(first, later))
        .containsExactly("the first run lost 300.0 ms on others, the later ones 0.0 ms (p50)");
    assertThat(SummaryText.gain(Summary.of(List.of(Runs.noName())), later)).isEmpty();
  }
}
