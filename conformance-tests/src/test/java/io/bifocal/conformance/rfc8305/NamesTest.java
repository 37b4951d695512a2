package io.bifocal.conformance.rfc8305;

import static io.bifocal.conformance.rfc8305.Domain.NO_RECORDS;
import static io.bifocal.conformance.rfc8305.Domain.logical;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Subject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Races to what a DNS server says of a name. */
class NamesTest {
  /** The other answer comes first, but a resolver that waits a little has both. */
  private static final Map<String, ?> LATE = Map.of("delay_ms", 20);

  /** RFC 8305 section 3. */
  private static final long RESOLUTION_DELAY_MILLIS = 50;

  @RegisterExtension static final WireLab wire = new WireLab();

  private final Domain domain = new Domain(wire);

  @ParameterizedTest
  @EnumSource(Subject.class)
  void allAddressesOfBothFamiliesAreOneHost(Subject subject) {
    String name = domain.name(domain.answer("6a 6b"), domain.answer("4a 4b", LATE));
    wire.run(
        subject,
        logical(name, "ALL").where("6a silent, 4a silent"),
        Expected.onTheWire("0 6a, 300 4a, 600 6b")
            .replies("200 6b at 600")
            .counts("upstream_cx_total 3")
            .logs("host=6a remote=6b"));
  }

  /** Envoy begins with the family whose answer came first, but when both answers are there. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anIpv6AnswerWithinTheResolutionDelayIsAwaited(Subject subject) {
    String name = domain.name(domain.answer("6a 6b", LATE), domain.answer("4a 4b"));
    wire.runAlone(
        subject,
        logical(name, "ALL")
            .ours("outcome_memory: false, resolution_delay: 2s")
            .where("6a silent, 4a silent"),
        Expected.onTheWire(
            subject == Subject.ENVOY ? "0 4a, 300 6a, 600 4b" : "0 6a, 300 4a, 600 6b"));
  }

  /** Envoy waits for a quarter of a second, knowing its server. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void anIpv6AnswerThatIsMuchTooLateIsNotAwaited(Subject subject) {
    String name =
        domain.name(domain.answer("6a 6b", Map.of("delay_ms", 2000)), domain.answer("4a 4b"));
    wire.runAlone(
        subject,
        logical(name, "ALL").where("6a silent, 4a silent"),
        Expected.onTheWire("0 4a, 300 4b").replies("200 4b at 300"));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whenOneFamilysAnswerNeverComesTheOtherIsUsed(Subject subject) {
    String name = domain.name(Map.of("drop", true), domain.answer("4a"));
    wire.run(subject, logical(name, "ALL"), Expected.onTheWire("0 4a").replies("200 4a at 0"));
  }

  /** Envoy's race begins when both answers are there; it does not wait for very late ones. */
  @ParameterizedTest
  @EnumSource(Subject.class)
  void aLateAnswerJoinsTheRace(Subject subject) {
    long late = subject == Subject.ENVOY ? 230 : 600;
    String name = domain.name(domain.answer("6a", Map.of("delay_ms", late)), domain.answer("4a"));
    Trial trial = wire.trial(subject, logical(name, "ALL").where("4a silent"));
    Observation seen = trial.run();

    assertThat(seen.wire().addresses()).containsExactly("4a", "6a");
    assertThat(seen.replies().get(0).what()).isEqualTo("200 6a");
    long begun = Millis.between(wire.lab().queries(name).get(0).at(), trial.packets().get(0).at());
    if (subject == Subject.BIFOCAL) {
      assertThat(begun).isBetween(RESOLUTION_DELAY_MILLIS - Millis.EARLY, late - 1);
    } else {
      assertThat(begun).isGreaterThan(late - Millis.EARLY);
    }
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
      String name = domain.name(domain.answer("6a 6b"), domain.answer("4a 4b"));
      String[] chosen = addresses.split(" ");
      wire.run(
          subject,
          logical(name, family).where("6a silent, 4a silent"),
          Expected.onTheWire("0 " + chosen[0] + ", 300 " + chosen[1])
              .replies("200 " + chosen[1] + " at 300"));
      assertThat(domain.asked(name)).as("%s asked", subject).containsExactly(asked);
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void theOtherFamilyIsAskedForWhenTheFirstHasNothing(Subject subject) {
    String four = domain.name(NO_RECORDS, domain.answer("4a"));
    String six = domain.name(domain.answer("6a"), NO_RECORDS);

    wire.run(subject, logical(four, "AUTO"), Expected.onTheWire("0 4a").replies("200 4a at 0"));
    wire.run(
        subject, logical(six, "V4_PREFERRED"), Expected.onTheWire("0 6a").replies("200 6a at 0"));

    assertThat(domain.asked(four)).containsExactly("AAAA", "A");
    assertThat(domain.asked(six)).containsExactly("A", "AAAA");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void strictDnsHasHostsOfOneAddressThatAreNotRaced(Subject subject) {
    String name = domain.name(domain.answer("6a"), domain.answer("4a"));
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
  void anAddressThatIsThereTwiceIsOneStrictHost(Subject subject) {
    Trial trial =
        wire.trial(
            subject,
            Race.of(domain.name(NO_RECORDS, domain.answer("4a 4b 4a")))
                .with("type: STRICT_DNS, dns_lookup_family: V4_ONLY"));
    assertThat(trial.stat("membership_total")).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whatDoesNotFitComesByTcp(Subject subject) {
    String name = domain.name(domain.answer("6a 6b", Map.of("truncate", true)), NO_RECORDS);
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
        domain.name(
            domain.answer(
                "6a", Map.of("aliases", List.of(List.of("one.lab", 300), List.of("two.lab", 300)))),
            NO_RECORDS);
    wire.run(subject, logical(name, "V6_ONLY"), Expected.onTheWire("0 6a").replies("200 6a at 0"));
  }
}
