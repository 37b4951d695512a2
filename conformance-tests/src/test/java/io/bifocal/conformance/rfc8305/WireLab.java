package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Subject;
import java.util.HashMap;
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

  private final Map<Race, Observation> envoys = new HashMap<>();
  private @Nullable Arena arena;

  @Override
  public void beforeEach(ExtensionContext context) {
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

  /** A race that is about to begin. */
  Trial trial(Subject subject, Race race) {
    return arena().trial(subject, race);
  }

  /** Runs a race, and compares what Bifocal does with what Envoy did in the same race. */
  Seen run(Subject subject, Race race) {
    Observation observation = trial(subject, race.withoutMemory()).run();
    if (subject == Subject.ENVOY) {
      envoys.put(race, observation);
    } else if (envoys.containsKey(race)) {
      assertThat(envoys.get(race).differencesTo(observation)).as("beside Envoy").isEmpty();
    }
    return new Seen(observation);
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw arena == null ? failure : arena.explain(failure);
  }
}
