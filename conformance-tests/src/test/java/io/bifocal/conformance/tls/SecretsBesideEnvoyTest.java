package io.bifocal.conformance.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Secrets over ADS, the same pushes to both: warming, good secrets, rotation while clients come and
 * go, a bad one, one that is taken away. What is said on the wire, what clients get, statistics and
 * dumps are the same.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecretsBesideEnvoyTest {
  private record Part(Subject subject, Dialect dialect) {}

  private @Nullable Plays<Part, Map<String, List<String>>> plays;

  @BeforeAll
  void begin() {
    List<Part> parts = new ArrayList<>();
    for (Dialect dialect : Dialect.values()) {
      for (Subject subject : Subject.values()) {
        parts.add(new Part(subject, dialect));
      }
    }
    plays = new Plays<>(2, parts, part -> SecretsScript.play(part.subject, part.dialect));
  }

  @AfterAll
  void end() {
    Objects.requireNonNull(plays).close();
  }

  private Map<String, List<String>> envoy(Dialect dialect) throws Exception {
    return Objects.requireNonNull(plays).of(new Part(Subject.ENVOY, dialect));
  }

  private Map<String, List<String>> bifocal(Dialect dialect) throws Exception {
    return Objects.requireNonNull(plays).of(new Part(Subject.BIFOCAL, dialect));
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void secretsAreTreatedAlike(Dialect dialect) throws Exception {
    Map<String, List<String>> expected = envoy(dialect);
    assertThat(expected.toString())
        .as("it is about something")
        .contains("a.test", "b.test", "KEY_VALUES_MISMATCH", "[redacted]");
    Map<String, List<String>> observed = bifocal(dialect);
    assertThat(differences(expected, observed)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.test", "ssl_context_update_by_sds", "error", "[redacted]"})
  void theComparisonSeesAFault(String line) throws Exception {
    Map<String, List<String>> expected = envoy(Dialect.SOTW);
    Map<String, List<String>> faulty = new java.util.LinkedHashMap<>(expected);
    faulty.replaceAll((step, lines) -> lines.stream().filter(l -> !l.contains(line)).toList());
    assertThat(differences(expected, faulty)).isNotEmpty();
  }

  @Test
  void aBadSecretIsNotWhatTheDumpShows() throws Exception {
    // Envoy's dump shows what it refused, under the version that it refused.
    Map<String, List<String>> observed = bifocal(Dialect.SOTW);
    assertThat(observed.get(SecretsScript.BAD + ", dumped"))
        .contains("dynamic_active_secrets own@3");
    assertThat(envoy(Dialect.SOTW).get(SecretsScript.BAD + ", dumped"))
        .contains("dynamic_active_secrets own@4");
  }

  @Test
  void aRefusalCountsForTheSecretThatIsBad() throws Exception {
    Map<String, List<String>> observed = bifocal(Dialect.DELTA);
    assertThat(observed.get(SecretsScript.BAD))
        .contains("sds.own.update_rejected: 1")
        .doesNotContain("sds.ca.update_rejected: 1");
    assertThat(envoy(Dialect.DELTA).get(SecretsScript.BAD))
        .contains("sds.own.update_rejected: 1", "sds.ca.update_rejected: 1");
  }

  private static List<String> differences(
      Map<String, List<String>> expected, Map<String, List<String>> observed) {
    List<String> differences = new ArrayList<>();
    boolean refused = false;
    for (Map.Entry<String, List<String>> step : expected.entrySet()) {
      refused |= step.getKey().equals(SecretsScript.BAD);
      List<String> lines = comparable(step, step.getValue(), refused);
      List<String> others =
          comparable(
              step, observed.getOrDefault(step.getKey(), List.of("(never got here)")), refused);
      if (!lines.equals(others)) {
        List<String> only = new ArrayList<>(lines);
        only.removeAll(others);
        List<String> added = new ArrayList<>(others);
        added.removeAll(lines);
        differences.add(step.getKey() + ":\n  expected " + only + "\n  but was  " + added + "\n");
      }
    }
    return differences;
  }

  /**
   * Normalised: with Envoy a refusal counts for every secret of the response, good ones among them,
   * and its dump shows the refused one until there is a good one. Both are shown by tests of their
   * own.
   */
  private static List<String> comparable(
      Map.Entry<String, List<String>> step, List<String> lines, boolean refused) {
    boolean refusedIsDumped =
        step.getKey().equals(SecretsScript.BAD + ", dumped")
            || step.getKey().equals(SecretsScript.TAKEN_AWAY + ", dumped");
    return lines.stream()
        .filter(line -> !(refused && line.matches("sds\\.(ca|client)\\..*")))
        .filter(line -> !(refusedIsDumped && line.startsWith("dynamic_active_secrets own@")))
        .toList();
  }
}
