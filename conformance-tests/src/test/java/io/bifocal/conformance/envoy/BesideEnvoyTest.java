package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The script played to both. Envoy's recording is made anew in every run: it is the specification.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BesideEnvoyTest {
  @RegisterExtension final Stage stage = new Stage();

  private final Map<Dialect, Performance.Notes> envoys = new EnumMap<>(Dialect.class);

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void onTheWireItSaysWhatEnvoySays(Dialect dialect) {
    assertSame(envoy(dialect).wire(), bifocal(dialect).wire());
  }

  private static void assertSame(Recording expected, Recording actual) {
    List<String> differences = expected.differencesTo(actual);
    assertThat(differences).as(() -> String.join("\n", differences)).isEmpty();
  }

  private final Map<Dialect, Performance.Notes> bifocals = new EnumMap<>(Dialect.class);

  private Performance.Notes bifocal(Dialect dialect) {
    return bifocals.computeIfAbsent(dialect, d -> Performance.play(stage, Subject.BIFOCAL, d));
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void itShowsTheStatisticsThatEnvoyShows(Dialect dialect) {
    assertSame(envoy(dialect).shown(), bifocal(dialect).shown());
  }

  /** What a faulty data plane would get wrong; each must turn the comparison red. */
  enum Mutation {
    DROPPED_ANSWER("^.* nonce 'n.*$", ""),
    WRONG_VERSION("version '\\d+'", "version '99'"),
    FORGOTTEN_NONCE("nonce 'n\\d+'", "nonce ''"),
    ACK_INSTEAD_OF_NACK(" error 13.*$", ""),
    BLAMES_NOBODY("naming .*$", "naming []");

    private final String regex;
    private final String replacement;

    Mutation(String regex, String replacement) {
      this.regex = regex;
      this.replacement = replacement;
    }

    List<String> of(List<String> lines) {
      return lines.stream()
          .map(line -> line.replaceAll(regex, replacement))
          .filter(line -> !line.isEmpty())
          .toList();
    }
  }

  @ParameterizedTest
  @EnumSource(Mutation.class)
  void theComparisonSeesAFaultyDataPlane(Mutation mutation) {
    Recording envoy = envoy(Dialect.SOTW).wire();
    String refusal =
        envoy.steps().entrySet().stream()
            .filter(e -> e.getValue().stream().anyMatch(line -> line.contains("naming [a]")))
            .findFirst()
            .orElseThrow()
            .getKey();
    List<String> lines = envoy.steps().getOrDefault(refusal, List.of());

    assertThat(envoy.differencesTo(envoy.with(refusal, mutation.of(lines)))).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void theComparisonOverlooksNoLine(Dialect dialect) {
    for (Recording recording : List.of(envoy(dialect).wire(), envoy(dialect).shown())) {
      recording
          .steps()
          .forEach(
              (title, lines) -> {
                for (String line : lines) {
                  List<String> less = new ArrayList<>(lines);
                  less.remove(line);
                  assertThat(recording.differencesTo(recording.with(title, less)))
                      .as("%s without %s", title, line)
                      .hasSize(1);
                }
              });
    }
  }

  private Performance.Notes envoy(Dialect dialect) {
    return envoys.computeIfAbsent(dialect, d -> Performance.play(stage, Subject.ENVOY, d));
  }
}
