package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What belongs to the host and not to one of its addresses: where from, and its health. */
class HostTest {
  private static final String FROM_FOUR =
      "upstream_bind_config: {source_address: {address: 192.0.2.2, port_value: 0}";

  @RegisterExtension static final WireLab wire = new WireLab();

  private static void notYet(Subject subject, String what) {
    Assumptions.assumeTrue(subject == Subject.ENVOY, "Bifocal has no " + what + " yet");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void everyAttemptBindsToTheSourceOfItsFamily(Subject subject) {
    Trial trial =
        wire.trial(
            subject,
            Race.of("6a 4a")
                .where("6a silent")
                .with(
                    FROM_FOUR
                        + ", extra_source_addresses: [{address: {address: \"2001:db8:1::2\","
                        + " port_value: 0}}]}"));
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4a");

    assertThat(
            trial.packets().stream()
                .filter(packet -> packet.kind().equals("syn"))
                .collect(Collectors.toMap(Lab.Packet::to, Lab.Packet::source)))
        .containsOnly(
            Map.entry("2001:db8::1", "2001:db8:1::2"), Map.entry("198.51.100.1", "192.0.2.2"));
  }

  /** Envoy's SYN leaves nevertheless, from an address of the kernel's choice. */
  private static String sentAllTheSame(Subject subject, String attempts) {
    return subject == Subject.ENVOY ? attempts : "";
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAddressOfAFamilyWithoutASourceFailsAtOnce(Subject subject) {
    wire.runAlone(
        subject,
        Race.of("6a 4a").with(FROM_FOUR + "}"),
        Expected.onTheWire(sentAllTheSame(subject, "0 6a, ") + "0 4a")
            .replies("200 4a at 0")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 0, bind_errors 1"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void withoutASourceTheFailureIsOfThisMachine(Subject subject) {
    wire.runAlone(
        subject,
        Race.of("6a 6b").with(FROM_FOUR + "}"),
        Expected.onTheWire(sentAllTheSame(subject, "0 6a, 0 6b"))
            .replies(Outcome.FAILED_HERE + " at 0")
            .counts("upstream_cx_total 2, upstream_cx_connect_fail 1, bind_errors 2")
            .logs("503 UF upstream_reset_before_response_started{local_connection_failure|")
            .logs("failed_to_bind_to_192.0.2.2:0:_Invalid_argument"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aLostAttemptEjectsNobody(Subject subject) {
    notYet(subject, "outlier detection");
    Trial trial = wire.trial(subject, ejected(Race.of("6a 4a").where("6a refused").inARow(3)));
    assertThat(trial.run().replies()).extracting(Reply::what).containsOnly("200 4a");
    assertThat(trial.stat("outlier_detection.ejections_enforced_total")).isZero();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aLostRaceEjectsTheHost(Subject subject) {
    notYet(subject, "outlier detection");
    Trial trial = wire.trial(subject, ejected(Race.of("6a 4a").where("6a refused, 4a refused")));
    assertThat(trial.run().replies()).extracting(Reply::what).containsOnly(Outcome.REFUSED);
    assertThat(trial.stat("outlier_detection.ejections_enforced_total")).isEqualTo(1);
  }

  private static Race ejected(Race race) {
    return race.with(
        "outlier_detection: {split_external_local_origin_errors: true,"
            + " consecutive_local_origin_failure: 1, enforcing_consecutive_local_origin_failure:"
            + " 100, max_ejection_percent: 100, interval: 60s}");
  }

  /** Envoy asks the first address alone. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aHealthCheckAndASilentFirstAddress(Subject subject) {
    notYet(subject, "active health checks");
    Trial trial =
        wire.trial(
            subject,
            Race.of("6a 4a")
                .where("6a silent")
                .with(
                    "health_checks: [{timeout: 0.5s, interval: 60s, unhealthy_threshold: 1,"
                        + " healthy_threshold: 1, tcp_health_check: {}}]"));
    await().until(() -> trial.stat("health_check.failure") > 0);
    assertThat(trial.packets()).extracting(Lab.Packet::to).containsOnly("2001:db8::1");
    assertThat(trial.stat("membership_healthy")).isZero();
  }
}
