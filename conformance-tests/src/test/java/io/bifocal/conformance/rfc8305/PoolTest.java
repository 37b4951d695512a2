package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Races among the other things that a pool does. */
class PoolTest {
  private static final int BODY = 1 << 20;

  @RegisterExtension static final WireLab wire = new WireLab();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void withoutMemoryEveryRacePays(Subject subject) {
    Observation seen = wire.trial(subject, Race.of("6a 4a").where("6a silent").inARow(10)).run();

    assertThat(seen.count("upstream_cx_total")).isEqualTo(20);
    assertThat(seen.count("upstream_cx_connect_fail")).isZero();
    List<Timeline.Attempt> attempts = seen.wire().attempts();
    assertThat(attempts).hasSize(20);
    List<Long> delays =
        IntStream.range(0, 10)
            .mapToObj(i -> attempts.get(2 * i + 1).millis() - attempts.get(2 * i).millis())
            .sorted()
            .toList();
    assertThat(delays.get(0)).as("the shortest of %s", delays).isGreaterThan(300 - Millis.EARLY);
    assertThat(delays.get(5)).as("the median of %s", delays).isBetween(295L, 320L);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aConnectionThatIsThereNeedsNoRace(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a silent").again(3),
        Expected.onTheWire("0 6a, 300 4a")
            .replies("200 4a at 300", "200 4a at 300", "200 4a at 300")
            .counts("upstream_cx_total 2, upstream_cx_active 1, upstream_rq_200 3"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void requestsThatWaitTogetherRaceEachForItself(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a silent").atOnce(3),
        Expected.onTheWire("0 6a, 0 6a, 0 6a, 300 4a, 300 4a, 300 4a")
            .replies("200 4a at 300", "200 4a at 300", "200 4a at 300")
            .counts("upstream_cx_total 6, upstream_rq_200 3"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRaceIsOneConnectionToTheCircuitBreaker(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b 4b")
            .where("6a silent, 4a silent, 6b silent")
            .with("circuit_breakers: {thresholds: [{max_connections: 1}]}"),
        Expected.onTheWire("0 6a, 300 4a, 600 6b, 900 4b")
            .replies("200 4b at 900")
            .counts("upstream_cx_total 4, upstream_cx_overflow 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aBodyThatComesDuringTheRaceArrivesWholeAndOnce(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a")
            .where("6a silent")
            .with("per_connection_buffer_limit_bytes: 16384")
            .asking(new Race.Request("POST", Map.of(), "x".repeat(BODY))),
        Expected.onTheWire("0 6a, 300 4a").replies("200 4a at 300").logs("body=" + BODY));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theLoserIsSentAwayWhenItAnswersAfterAll(Subject subject) {
    Trial trial = wire.trial(subject, Race.of("6a 4a").where("6a answers after 700"));
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4a");

    await("the reset of the loser")
        .until(
            () ->
                trial.packets().stream()
                    .anyMatch(packet -> packet.kind().equals("rst") && trial.isTo(packet, "6a")));
    assertThat(trial.contestant().counters(trial.name()))
        .containsEntry("upstream_cx_active", 1L)
        .doesNotContainKey("upstream_cx_connect_fail");
  }
}
