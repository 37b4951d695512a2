package io.bifocal.conformance.rfc8305;

import static io.bifocal.conformance.rfc8305.Domain.BROKEN;
import static io.bifocal.conformance.rfc8305.Domain.NO_RECORDS;
import static io.bifocal.conformance.rfc8305.Domain.logical;
import static io.bifocal.conformance.rfc8305.Domain.newName;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of hosts and races when look-ups fail, or are repeated. */
class LookUpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @RegisterExtension static final WireLab wire = new WireLab();

  private final Domain domain = new Domain(wire);

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aNameThatDoesNotExistHasNoHost(Subject subject) {
    assertNoHost(subject, newName(), "ALL");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aServerThatFailsLeavesNoHost(Subject subject) {
    assertNoHost(subject, domain.name(BROKEN, BROKEN), "ALL");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aServerThatRefusesLeavesNoHost(Subject subject) {
    Map<String, ?> refused = Map.of("code", "REFUSED");
    assertNoHost(subject, domain.name(refused, refused), "ALL");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void nothingOfOneFamilyAndAFailureOfTheOtherIsAFailure(Subject subject) {
    assertNoHost(subject, domain.name(NO_RECORDS, BROKEN), "AUTO");
  }

  private static void assertNoHost(Subject subject, String name, String family) {
    Trial trial = wire.trial(subject, logical(name, family));
    Observation seen = trial.run();

    assertThat(trial.stat("membership_total")).isZero();
    assertThat(trial.stat("update_failure")).isPositive();
    assertThat(seen.wire().attempts()).isEmpty();
    assertThat(seen.replies().get(0).what()).isEqualTo("503 no healthy upstream");
    assertThat(seen.log().get(0)).startsWith("503 UH no_healthy_upstream - host=- remote=-");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void oneFamilyIsEnoughWhenTheOtherFails(Subject subject) {
    wire.run(
        subject,
        logical(domain.name(BROKEN, domain.answer("4a")), "ALL"),
        Expected.onTheWire("0 4a").replies("200 4a at 0"));
    wire.run(
        subject,
        logical(domain.name(domain.answer("6a"), BROKEN), "ALL"),
        Expected.onTheWire("0 6a").replies("200 6a at 0"));
    wire.run(
        subject,
        logical(domain.name(BROKEN, domain.answer("4a")), "AUTO"),
        Expected.onTheWire("0 4a").replies("200 4a at 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aNameIsAskedAgainWhenItsTimeIsOver(Subject subject) {
    String name =
        domain.name(
            domain.answer("6a", Map.of("ttl", 300, "aliases", List.of(List.of("short.lab", 1)))),
            NO_RECORDS);
    Trial trial =
        wire.trial(
            subject, logical(name, "V6_ONLY").with("respect_dns_ttl: true, dns_refresh_rate: 60s"));

    trial.awaitStat("update_attempt", 2);

    List<Lab.Query> queries = wire.lab().queries(name);
    assertThat(Millis.between(queries.get(0).at(), queries.get(1).at()))
        .isBetween(1000 - Millis.EARLY, 2000L);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void newAnswersAreRacedFromNowOn(Subject subject) {
    String name = domain.name(domain.answer("6a"), NO_RECORDS);
    Trial trial =
        wire.trial(subject, logical(name, "V6_ONLY").with("dns_refresh_rate: 0.2s").inARow(1));
    assertThat(trial.run().wire().addresses()).containsExactly("6a");
    trial.forget();

    domain.put(name, "AAAA", domain.answer("6b 6c"));
    trial.where("6b silent");
    await()
        .atMost(PATIENCE)
        .until(() -> trial.contestant().admin("/clusters").contains("[2001:db8::2]"));

    assertThat(trial.run().wire().addresses()).containsExactly("6b", "6c");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aHostStaysWhenItsNameCannotBeLookedUpAnyMore(Subject subject) {
    String name = domain.name(domain.answer("6a 6b"), NO_RECORDS);
    Trial trial =
        wire.trial(
            subject,
            logical(name, "V6_ONLY").with("dns_refresh_rate: 0.2s").where("6a silent").inARow(1));

    domain.put(name, "AAAA", BROKEN);
    trial.awaitStat("update_failure", 2);

    assertThat(trial.stat("membership_total")).isEqualTo(1);
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "6b");
  }

  /** A logical host has no other address to go to; strict hosts are what the answer says. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAnswerWithoutRecordsRemovesStrictHostsAndNoLogicalOne(Subject subject) {
    for (String type : List.of("LOGICAL_DNS", "STRICT_DNS")) {
      String name = domain.name(domain.answer("6a 6b"), NO_RECORDS);
      Trial trial =
          wire.trial(
              subject,
              Race.of(name)
                  .with("type: " + type + ", dns_lookup_family: V6_ONLY, dns_refresh_rate: 0.2s"));
      boolean strict = type.equals("STRICT_DNS");
      assertThat(trial.stat("membership_total")).isEqualTo(strict ? 2 : 1);

      domain.put(name, "AAAA", NO_RECORDS);
      trial.awaitStat(strict ? "update_success" : "update_failure", strict ? 2 : 1);

      await().until(() -> trial.stat("membership_total") == (strict ? 0 : 1));
    }
  }
}
