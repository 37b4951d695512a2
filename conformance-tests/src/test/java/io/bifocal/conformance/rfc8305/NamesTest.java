package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Races to what a DNS server says: late, in part, or not at all. */
class NamesTest {
  private static final Map<String, ?> NO_RECORDS = Map.of();
  private static final Map<String, ?> BROKEN = Map.of("code", "SERVFAIL");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LATE_MILLIS = 150;

  @RegisterExtension static final WireLab wire = new WireLab();

  private static int names;

  /** A name of which nothing is known. */
  private static String newName() {
    names++;
    return "name" + names + ".lab";
  }

  /** A name with these answers to questions for AAAA and A. */
  private static String name(Map<String, ?> sixes, Map<String, ?> fours) {
    String name = newName();
    wire.lab().dns(name, "AAAA", sixes);
    wire.lab().dns(name, "A", fours);
    return name;
  }

  private static Map<String, ?> answer(String addresses) {
    return Map.of("addresses", wire.arena().far().addresses(addresses));
  }

  private static Map<String, ?> answer(String addresses, int delayMillis) {
    return Map.of("addresses", wire.arena().far().addresses(addresses), "delay_ms", delayMillis);
  }

  private static Race logical(String name, String family) {
    return Race.of(name).with("type: LOGICAL_DNS, dns_lookup_family: " + family);
  }

  private static Set<String> typesAsked(String name) {
    return wire.lab().queries(name).stream()
        .map(Lab.Query::type)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void allAddressesOfBothFamiliesAreOneHost(Subject subject) {
    String name = name(answer("6a 6b"), answer("4a 4b", LATE_MILLIS));
    wire.run(
        subject,
        logical(name, "ALL").where("6a silent, 4a silent"),
        Expected.onTheWire("0 6a, 300 4a, 600 6b")
            .replies("200 6b at 600")
            .counts("upstream_cx_total 3")
            .logs("host=6a remote=6b"));
  }

  /** Envoy begins with the family whose answer came first. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void theOrderOfTheAnswersDoesNotMatter(Subject subject) {
    String name = name(answer("6a 6b", LATE_MILLIS), answer("4a 4b"));
    wire.runAlone(
        subject,
        logical(name, "ALL").where("6a silent, 4a silent"),
        Expected.onTheWire(
            subject == Subject.ENVOY ? "0 4a, 300 6a, 600 4b" : "0 6a, 300 4a, 600 6b"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whenOneFamilysAnswerNeverComesTheOtherIsUsed(Subject subject) {
    ownResolver(subject);
    String name = name(Map.of("drop", true), answer("4a"));
    wire.run(
        subject,
        logical(name, "ALL").where("4a refused"),
        Expected.onTheWire("0 4a").replies(Outcome.REFUSED + " at 0"));
  }

  @ParameterizedTest
  @CsvSource({
    // family, its list, what is asked when both are there
    "AUTO, 6a 6b, AAAA",
    "V6_ONLY, 6a 6b, AAAA",
    "V4_ONLY, 4a 4b, A",
    "V4_PREFERRED, 4a 4b, A"
  })
  void oneFamilyIsChosenAndRaced(String family, String addresses, String asked) {
    for (Subject subject : Subject.values()) {
      String name = name(answer("6a 6b"), answer("4a 4b"));
      String[] chosen = addresses.split(" ");
      wire.run(
          subject,
          logical(name, family).where("6a silent, 4a silent"),
          Expected.onTheWire("0 " + chosen[0] + ", 300 " + chosen[1])
              .replies("200 " + chosen[1] + " at 300"));
      if (asksItself(subject)) {
        assertThat(typesAsked(name)).as("%s asked", subject).containsExactly(asked);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theOtherFamilyIsAskedForWhenTheFirstHasNothing(Subject subject) {
    String four = name(NO_RECORDS, answer("4a"));
    String six = name(answer("6a"), NO_RECORDS);

    wire.run(subject, logical(four, "AUTO"), Expected.onTheWire("0 4a").replies("200 4a at 0"));
    wire.run(
        subject, logical(six, "V4_PREFERRED"), Expected.onTheWire("0 6a").replies("200 6a at 0"));

    if (asksItself(subject)) {
      assertThat(order(four)).containsExactly("AAAA", "A");
      assertThat(order(six)).containsExactly("A", "AAAA");
    }
  }

  private static List<String> order(String name) {
    return wire.lab().queries(name).stream().map(Lab.Query::type).distinct().toList();
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void strictDnsHasHostsOfOneAddressThatAreNotRaced(Subject subject) {
    String name = name(answer("6a"), answer("4a"));
    Trial trial =
        wire.trial(
            subject,
            Race.of(name)
                .with("type: STRICT_DNS, dns_lookup_family: ALL")
                .where("6a silent, 4a silent")
                .within("0.5s"));
    Observation seen = trial.run();

    assertThat(trial.stat("membership_total")).isEqualTo(2);
    assertThat(seen.wire().attempts()).hasSize(1);
    assertThat(seen.replies().get(0).what()).isEqualTo(Outcome.TIMED_OUT);
    assertThat(seen.count("upstream_cx_total")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aNameThatDoesNotExistHasNoHost(Subject subject) {
    assertNoHost(subject, newName(), "ALL");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aServerThatFailsLeavesNoHost(Subject subject) {
    assertNoHost(subject, name(BROKEN, BROKEN), "ALL");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aServerThatRefusesLeavesNoHost(Subject subject) {
    Map<String, ?> refused = Map.of("code", "REFUSED");
    assertNoHost(subject, name(refused, refused), "ALL");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void nothingOfOneFamilyAndAFailureOfTheOtherIsAFailure(Subject subject) {
    assertNoHost(subject, name(NO_RECORDS, BROKEN), "AUTO");
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
        logical(name(BROKEN, answer("4a")), "ALL"),
        Expected.onTheWire("0 4a").replies("200 4a at 0"));
    wire.run(
        subject,
        logical(name(answer("6a"), BROKEN), "ALL"),
        Expected.onTheWire("0 6a").replies("200 6a at 0"));
    wire.run(
        subject,
        logical(name(BROKEN, answer("4a")), "AUTO"),
        Expected.onTheWire("0 4a").replies("200 4a at 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatDoesNotFitComesByTcp(Subject subject) {
    String name =
        name(
            Map.of("addresses", wire.arena().far().addresses("6a 6b"), "truncate", true),
            NO_RECORDS);
    wire.run(
        subject,
        logical(name, "V6_ONLY").where("6a silent"),
        Expected.onTheWire("0 6a, 300 6b").replies("200 6b at 300"));

    assertThat(wire.lab().queries(name).stream().map(q -> q.type() + " " + q.transport()))
        .contains("AAAA udp", "AAAA tcp");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aliasesAreFollowed(Subject subject) {
    String name =
        name(
            Map.of(
                "addresses",
                wire.arena().far().addresses("6a"),
                "aliases",
                List.of(List.of("one.lab", 300), List.of("two.lab", 300))),
            NO_RECORDS);
    wire.run(subject, logical(name, "V6_ONLY"), Expected.onTheWire("0 6a").replies("200 6a at 0"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aNameIsAskedAgainWhenItsTimeIsOver(Subject subject) {
    ownResolver(subject);
    String name =
        name(
            Map.of(
                "addresses",
                wire.arena().far().addresses("6a"),
                "ttl",
                300,
                "aliases",
                List.of(List.of("short.lab", 1))),
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
    ownResolver(subject);
    String name = name(answer("6a"), NO_RECORDS);
    Trial trial =
        wire.trial(subject, logical(name, "V6_ONLY").with("dns_refresh_rate: 0.2s").inARow(1));
    assertThat(trial.run().wire().addresses()).containsExactly("6a");
    trial.forget();

    wire.lab().dns(name, "AAAA", answer("6b 6c"));
    trial.where("6b silent");
    await()
        .atMost(PATIENCE)
        .until(() -> trial.contestant().admin("/clusters").contains("[2001:db8::2]"));

    assertThat(trial.run().wire().addresses()).containsExactly("6b", "6c");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aHostStaysWhenItsNameCannotBeLookedUpAnyMore(Subject subject) {
    ownResolver(subject);
    String name = name(answer("6a 6b"), NO_RECORDS);
    Trial trial =
        wire.trial(
            subject,
            logical(name, "V6_ONLY").with("dns_refresh_rate: 0.2s").where("6a silent").inARow(1));

    wire.lab().dns(name, "AAAA", BROKEN);
    trial.awaitStat("update_failure", 2);

    assertThat(trial.stat("membership_total")).isEqualTo(1);
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "6b");
  }

  /** A logical host has no other address to go to; strict hosts are what the answer says. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAnswerWithoutRecordsRemovesStrictHostsAndNoLogicalOne(Subject subject) {
    ownResolver(subject);
    for (String type : List.of("LOGICAL_DNS", "STRICT_DNS")) {
      String name = name(answer("6a 6b"), NO_RECORDS);
      Trial trial =
          wire.trial(
              subject,
              Race.of(name)
                  .with("type: " + type + ", dns_lookup_family: V6_ONLY, dns_refresh_rate: 0.2s"));
      boolean strict = type.equals("STRICT_DNS");
      assertThat(trial.stat("membership_total")).isEqualTo(strict ? 2 : 1);

      wire.lab().dns(name, "AAAA", NO_RECORDS);
      trial.awaitStat(strict ? "update_success" : "update_failure", strict ? 2 : 1);

      await().until(() -> trial.stat("membership_total") == (strict ? 0 : 1));
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAddressThatIsThereTwiceIsOneStrictHost(Subject subject) {
    Trial trial =
        wire.trial(
            subject,
            Race.of(name(NO_RECORDS, answer("4a 4b 4a")))
                .with("type: STRICT_DNS, dns_lookup_family: V4_ONLY"));
    assertThat(trial.stat("membership_total")).isEqualTo(2);
  }

  private static boolean asksItself(Subject subject) {
    return subject == Subject.ENVOY;
  }

  private static void ownResolver(Subject subject) {
    Assumptions.assumeTrue(
        asksItself(subject), "Bifocal asks the JDK's resolver, which has its own ideas of time");
  }
}
