package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Subject;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Races that nobody wins: what the client is told, what is counted and what is logged. */
class FailureTest {
  @RegisterExtension static final WireLab wire = new WireLab();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void everythingRefused(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a refused, 4a refused"),
        Expected.onTheWire("0 6a, 0 4a")
            .replies(Outcome.REFUSED + " at 0")
            .counts(
                "upstream_cx_total 2, upstream_cx_connect_fail 1, upstream_cx_connect_timeout 0")
            .counts("upstream_rq_pending_failure_eject 1, upstream_cx_destroy 1")
            .logs("503 UF upstream_reset_before_response_started{remote_connection_failure|")
            .logs("host=6a remote=- tries=1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void everythingSilent(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a silent, 4a silent").within("1.5s"),
        Expected.onTheWire("0 6a, 300 4a")
            .replies(Outcome.TIMED_OUT + " at 1500")
            .counts(
                "upstream_cx_total 2, upstream_cx_connect_fail 1, upstream_cx_connect_timeout 1")
            .logs("503 UF upstream_reset_before_response_started{connection_timeout}"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aTimeoutShorterThanTheDelayLeavesNoTurnForTheSecond(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a silent").within("0.25s"),
        Expected.onTheWire("0 6a")
            .replies(Outcome.TIMED_OUT + " at 250")
            .counts(
                "upstream_cx_total 1, upstream_cx_connect_fail 1, upstream_cx_connect_timeout 1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theTimeoutIsOneForAllAttempts(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a 6b 4b 6c")
            .where("6a silent, 4a silent, 6b silent, 4b silent, 6c silent")
            .within("1s"),
        Expected.onTheWire("0 6a, 300 4a, 600 6b, 900 4b")
            .replies(Outcome.TIMED_OUT + " at 1000")
            .counts(
                "upstream_cx_total 4, upstream_cx_connect_fail 1, upstream_cx_connect_timeout 1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theLastFailureIsTheReason(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a refused, 4a unreachable"),
        Expected.onTheWire("0 6a, 0 4a")
            .replies(Outcome.REFUSED + " at 0")
            .logs("delayed_connect_error:_No_route_to_host host=6a"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void lastIsWhoFailsLast(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a unreachable after 500, 4a refused"),
        Expected.onTheWire("0 6a, 300 4a")
            .replies(Outcome.REFUSED + " at 500")
            .logs("delayed_connect_error:_No_route_to_host host=6a"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void noAddressHasARoute(Subject subject) {
    wire.run(
        subject,
        Race.of("6x 4x"),
        Expected.onTheWire("")
            .replies(Outcome.REFUSED + " at 0")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 1")
            .logs("immediate_connect_error:_Network_is_unreachable"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRetryBeginsAtTheHeadOfTheList(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a silent, 4a silent").within("0.4s").retried(),
        Expected.onTheWire("0 6a, 300 4a, 400 6a, 700 4a")
            .replies(Outcome.TIMED_OUT_AGAIN + " at 800")
            .counts(
                "upstream_cx_total 4, upstream_cx_connect_fail 2, upstream_cx_connect_timeout 2")
            .counts("upstream_rq_retry 1, upstream_rq_retry_limit_exceeded 1")
            .logs("503 URX,UF upstream_reset_before_response_started{connection_timeout}")
            .logs("tries=2"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRetryOfWhatIsRefused(Subject subject) {
    wire.run(
        subject,
        Race.of("6a 4a").where("6a refused, 4a refused").retried(),
        Expected.onTheWire("0 6a, 0 4a, 0 6a, 0 4a")
            .replies(Outcome.REFUSED_AGAIN + " at 0")
            .counts("upstream_cx_total 4, upstream_cx_connect_fail 2, upstream_rq_retry 1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRetryGoesToTheOtherHost(Subject subject) {
    Trial trial =
        wire.trial(
            subject,
            Race.of("6a 4a").where("6a refused, 4a refused, 6b refused, 4b refused").retried());
    trial.publishLocalities(
        "[{lb_endpoints: [{endpoint: %s}, {endpoint: %s}]}]"
            .formatted(trial.cluster().endpoint("6a 4a"), trial.cluster().endpoint("6b 4b")));
    trial.awaitStat("membership_total", 2);

    assertThat(trial.run().wire().addresses())
        .isIn(List.of("6a", "4a", "6b", "4b"), List.of("6b", "4b", "6a", "4a"));
  }
}
