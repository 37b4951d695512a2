package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.conformance.Subject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What compares can find a difference: it is shown some. */
class ComparisonTest {
  private static final Race RACE = Race.of("6a 4a").where("6a silent");
  private static final Expected EXPECTED =
      Expected.onTheWire("0 6a, 300 4a")
          .replies("200 4a at 300")
          .counts("upstream_cx_total 2, upstream_cx_connect_fail 0")
          .logs("remote=4a");

  @RegisterExtension static final WireLab wire = new WireLab();

  private static Observation observation(
      String attempts, String reply, int connections, String log) {
    return new Observation(
        Timeline.of(attempts),
        List.of(Reply.of(reply)),
        new TreeMap<>(Map.of("upstream_cx_total", (long) connections)),
        List.of(log));
  }

  private static Observation good() {
    return observation("0 6a, 302 4a", "200 4a at 304", 2, "200 host=6a remote=4a");
  }

  static List<Observation> mutations() {
    return List.of(
        observation("0 6a, 270 4a", "200 4a at 304", 2, "200 host=6a remote=4a"),
        observation("0 6a, 500 4a", "200 4a at 304", 2, "200 host=6a remote=4a"),
        observation("0 6a", "200 4a at 304", 2, "200 host=6a remote=4a"),
        observation("0 4a, 300 6a", "200 4a at 304", 2, "200 host=6a remote=4a"),
        observation("0 6a, 300 4a, 300 4a", "200 4a at 304", 2, "200 host=6a remote=4a"),
        observation("0 6a, 302 4a", "200 6a at 304", 2, "200 host=6a remote=4a"),
        observation("0 6a, 302 4a", "503 4a at 304", 2, "200 host=6a remote=4a"),
        observation("0 6a, 302 4a", "200 4a at 604", 2, "200 host=6a remote=4a"),
        observation("0 6a, 302 4a", "200 4a at 304", 1, "200 host=6a remote=4a"),
        observation("0 6a, 302 4a", "200 4a at 304", 2, "200 host=6a remote=6a"));
  }

  @Test
  void whatIsRightHasNoDifference() {
    assertThat(EXPECTED.differencesTo(good())).isEmpty();
    assertThat(good().differencesTo(good())).isEmpty();
  }

  @Test
  void everyMutationIsADifference() {
    assertThat(mutations())
        .allSatisfy(mutation -> assertThat(EXPECTED.differencesTo(mutation)).hasSize(1));
  }

  @Test
  void onlyWhatIsLateMayBeTheMachinesFault() {
    assertThat(
            mutations().stream()
                .filter(seen -> Difference.areOnlyLate(EXPECTED.differencesTo(seen))))
        .containsExactly(mutations().get(1), mutations().get(7));
  }

  @Test
  void besideEnvoyEverythingButTimesIsCompared() {
    assertThat(mutations().stream().filter(seen -> good().differencesTo(seen).isEmpty()))
        .containsExactly(mutations().get(0), mutations().get(1), mutations().get(7));
  }

  /** A fault on the real wire: Bifocal with another delay, too short or too long. */
  @ParameterizedTest
  @ValueSource(strings = {"0.1s", "0.6s"})
  void anotherDelayIsSeen(String delay) {
    Race race = RACE.ours("outcome_memory: false, attempt_delay: " + delay);

    assertThatThrownBy(() -> wire.runAlone(Subject.BIFOCAL, race, EXPECTED))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("expected 4a at 300, but was at");
  }
}
