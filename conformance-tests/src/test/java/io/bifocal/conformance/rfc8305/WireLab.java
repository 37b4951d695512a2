package io.bifocal.conformance.rfc8305;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.bifocal.conformance.Subject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * The {@link Arena} of a suite, one for all suites of a run. Register it with
 * {@code @RegisterExtension static final WireLab wire = new WireLab();}.
 */
final class WireLab implements BeforeEachCallback, TestExecutionExceptionHandler {
  private static final Namespace NAMESPACE = Namespace.create(WireLab.class);

  private static final int CHANCES = 3;

  private final Map<Race, Observation> envoys = new HashMap<>();
  private @Nullable ExtensionContext test;

  @Override
  public void beforeEach(ExtensionContext context) {
    test = context;
  }

  /** There from the first test on that asks for it. */
  Arena arena() {
    return requireNonNull(test)
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(Arena.class, type -> new Arena(), Arena.class);
  }

  Lab lab() {
    return arena().lab();
  }

  /** A race that is about to begin. */
  Trial trial(Subject subject, Race race) {
    return arena().trial(subject, race);
  }

  /** The same for a cluster of this name. */
  Trial trial(Subject subject, Race race, String cluster) {
    return arena().trial(subject, race, cluster);
  }

  /** Runs a race, and holds what was seen against what is expected and what Envoy did in it. */
  void run(Subject subject, Race race, Expected expected) {
    besideEnvoy(subject, race, runAlone(subject, race, expected));
  }

  /**
   * The same without Envoy, for what is decided to differ. What was only late is given another
   * chance.
   */
  @CanIgnoreReturnValue
  Observation runAlone(Subject subject, Race race, Expected expected) {
    Observation seen = trial(subject, race).run();
    List<Difference> differences = expected.differencesTo(seen);
    for (int i = 1; i < CHANCES && Difference.areOnlyLate(differences); i++) {
      seen = trial(subject, race).run();
      differences = expected.differencesTo(seen);
    }
    arena()
        .note(
            "%s, %s: %s"
                .formatted(requireNonNull(test).getRequiredTestMethod().getName(), subject, seen));
    assertThat(differences).as("%s: %s", subject, seen).isEmpty();
    return seen;
  }

  private void besideEnvoy(Subject subject, Race race, Observation seen) {
    if (subject == Subject.ENVOY) {
      envoys.put(race, seen);
      return;
    }
    Observation envoys = this.envoys.get(race);
    if (envoys != null) {
      assertThat(envoys.differencesTo(seen)).as("beside Envoy").isEmpty();
    }
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    Arena arena = context.getRoot().getStore(NAMESPACE).get(Arena.class, Arena.class);
    throw arena == null ? failure : arena.explain(failure);
  }
}
