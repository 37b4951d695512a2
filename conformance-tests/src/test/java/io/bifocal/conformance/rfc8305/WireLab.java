package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;

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
  private @Nullable Arena arena;
  private String test = "";

  @Override
  public void beforeEach(ExtensionContext context) {
    test = context.getRequiredTestMethod().getName();
    arena =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent(Arena.class, type -> new Arena(), Arena.class);
  }

  Arena arena() {
    if (arena == null) {
      throw new IllegalStateException("there is no test");
    }
    return arena;
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

  /**
   * Runs a race, and compares what was seen with what is expected, and what Bifocal did with what
   * Envoy did in the same race. What was only late is given another chance.
   */
  void run(Subject subject, Race race, Expected expected) {
    Observation seen = trial(subject, race).run();
    List<Difference> differences = expected.differencesTo(seen);
    for (int i = 1; i < CHANCES && Difference.areOnlyLate(differences); i++) {
      seen = trial(subject, race).run();
      differences = expected.differencesTo(seen);
    }
    arena().note("%s, %s: %s".formatted(test, subject, seen));
    assertThat(differences).as("%s: %s", subject, seen).isEmpty();
    besideEnvoy(subject, race, seen);
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
    throw arena == null ? failure : arena.explain(failure);
  }
}
