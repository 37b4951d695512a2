package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Plays;
import io.bifocal.conformance.Subject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every scene is played to both. Envoy's recording is made anew in every run: it is the
 * specification.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BesideEnvoyTest {
  /**
   * Subjects mostly wait for what the control plane says next: several can be played to at once.
   */
  private static final int AT_ONCE = 4;

  /** In one dialect, these are played in that; the others in the other. */
  private static final Set<Scene> IN_DELTA = EnumSet.of(Scene.WORDS, Scene.IMPATIENCE);

  private record Part(Scene scene, Dialect dialect, Subject subject) {}

  private @Nullable Plays<Part, Performance.Notes> performances;

  static Stream<Arguments> scenes() {
    return Stream.of(Scene.values())
        .flatMap(scene -> Stream.of(Dialect.values()).map(dialect -> Arguments.of(scene, dialect)));
  }

  @BeforeAll
  void raiseTheCurtain() {
    List<Part> parts = new ArrayList<>();
    for (Scene scene : Scene.values()) {
      for (Dialect dialect : Dialect.values()) {
        for (Subject subject : Subject.values()) {
          if (played(scene, dialect)) {
            parts.add(new Part(scene, dialect, subject));
          }
        }
      }
    }
    performances =
        new Plays<>(
            AT_ONCE, parts, part -> Performance.play(part.scene, part.subject, part.dialect));
  }

  @AfterAll
  void dropTheCurtain() {
    Objects.requireNonNull(performances).close();
  }

  /** All of it takes minutes; otherwise each scene is played in one dialect. */
  private static boolean played(Scene scene, Dialect dialect) {
    return LongRun.ON || IN_DELTA.contains(scene) == (dialect == Dialect.DELTA);
  }

  private Performance.Notes notes(Scene scene, Dialect dialect, Subject subject) throws Exception {
    assumeTrue(played(scene, dialect), LongRun.REASON);
    return Objects.requireNonNull(performances).of(new Part(scene, dialect, subject));
  }

  @ParameterizedTest
  @MethodSource("scenes")
  void onTheWireItSaysWhatEnvoySays(Scene scene, Dialect dialect) throws Exception {
    assertSame(
        notes(scene, dialect, Subject.ENVOY).wire(), notes(scene, dialect, Subject.BIFOCAL).wire());
  }

  @ParameterizedTest
  @MethodSource("scenes")
  void itShowsTheStatisticsThatEnvoyShows(Scene scene, Dialect dialect) throws Exception {
    assertSame(
        notes(scene, dialect, Subject.ENVOY).shown(),
        notes(scene, dialect, Subject.BIFOCAL).shown());
  }

  private static void assertSame(Recording expected, Recording actual) {
    List<String> differences = expected.differencesTo(actual);
    assertThat(differences).as(() -> String.join("\n", differences)).isEmpty();
  }

  /** What a faulty data plane would get wrong; each must turn the comparison red. */
  enum Mutation {
    DROPPED_ANSWER("^.* nonce 'n.*$", ""),
    WRONG_VERSION("version '\\d+'", "version '99'"),
    FORGOTTEN_NONCE("nonce 'n\\d+'", "nonce ''"),
    INVENTED_NONCE("nonce ''", "nonce 'n1'"),
    ACK_INSTEAD_OF_NACK(" error 13.*$", ""),
    NACK_INSTEAD_OF_ACK("(nonce 'n[^:]*)$", "$1 error 13 naming []"),
    OTHER_CODE(" error 13", " error 3"),
    BLAMES_NOBODY("naming \\[.+$", "naming []"),
    SAYS_ALL_OF_IT(" cut off after \\d+", ""),
    FORGOTTEN_NAME("names \\[e1, e2\\]", "names [e1]"),
    NAME_TOO_MANY("names \\[e1\\]", "names [e1, e2]"),
    NO_NODE(" with node", ""),
    NODE_ONCE_MORE("(stream 1: EDS)", "$1 with node"),
    NOT_SUBSCRIBED("\\+\\[e1\\]", "+[]"),
    NOT_UNSUBSCRIBED("-\\[e2\\]", "-[]"),
    FORGOTTEN_VERSION("has \\{a=\\d+, ", "has {"),
    OLD_STREAM("stream 2: ", "stream 1: "),
    STREAM_LEFT_OPEN("open streams: 4", "open streams: 5"),
    STREAM_TOO_MANY("^(StreamEndpoints \\[e1\\]) 1", "$1 2");

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

  @LongRun
  @ParameterizedTest
  @EnumSource(Mutation.class)
  void theComparisonSeesAFaultyDataPlane(Mutation mutation) throws Exception {
    int seen = 0;
    for (Scene scene : Scene.values()) {
      for (Dialect dialect : Dialect.values()) {
        Recording envoy = notes(scene, dialect, Subject.ENVOY).wire();
        for (Map.Entry<String, List<String>> step : envoy.steps().entrySet()) {
          List<String> mutated = mutation.of(step.getValue());
          if (!mutated.equals(step.getValue())) {
            assertThat(envoy.differencesTo(envoy.with(step.getKey(), mutated))).hasSize(1);
            seen++;
          }
        }
      }
    }
    assertThat(seen).as("steps that this fault would show in").isPositive();
  }

  /** Messages of one stream have an order. */
  @ParameterizedTest
  @MethodSource("scenes")
  void theComparisonSeesMessagesThatChangePlaces(Scene scene, Dialect dialect) throws Exception {
    Recording envoy = notes(scene, dialect, Subject.ENVOY).wire();
    envoy
        .steps()
        .forEach(
            (title, lines) -> {
              List<String> reversed = new ArrayList<>(lines);
              Collections.reverse(reversed);
              if (!reversed.equals(lines)) {
                assertThat(envoy.differencesTo(envoy.with(title, reversed))).hasSize(1);
              }
            });
  }

  @ParameterizedTest
  @MethodSource("scenes")
  void theComparisonOverlooksNoLine(Scene scene, Dialect dialect) throws Exception {
    Performance.Notes envoy = notes(scene, dialect, Subject.ENVOY);
    for (Recording recording : List.of(envoy.wire(), envoy.shown())) {
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
}
