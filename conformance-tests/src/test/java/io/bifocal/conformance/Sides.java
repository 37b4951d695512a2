package io.bifocal.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Envoy's side and Bifocal's for the tests of a class, {@link SideBySide}: begun before the first
 * of them and gone after the last. Register them in a static field.
 *
 * <p>Where a peer is missing each test is skipped and says so: a class that is given up before its
 * first test is in no report.
 */
public class Sides<S>
    implements BeforeAllCallback,
        BeforeEachCallback,
        AfterAllCallback,
        TestExecutionExceptionHandler {
  private final SideBySide.Maker<S> maker;
  private @Nullable SideBySide<S> both;
  private @Nullable TestAbortedException missing;

  /** What a side is asked. */
  @FunctionalInterface
  public interface Question<S, T> {
    T of(S side) throws IOException;
  }

  public Sides(SideBySide.Maker<S> maker) {
    this.maker = maker;
  }

  public final S side(Subject subject) {
    return both().side(subject);
  }

  /** What each side gives, asked at the same time. */
  public final <T> SideBySide.Both<T> ask(Function<S, T> question) {
    return both().ask(question);
  }

  /** The answer that both give. */
  public final <T> T same(Question<S, T> question) {
    SideBySide.Both<T> answers =
        ask(
            side -> {
              try {
                return question.of(side);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(answers.bifocal()).isEqualTo(answers.envoy());
    return answers.bifocal();
  }

  private SideBySide<S> both() {
    return Objects.requireNonNull(both, "not begun");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    try {
      both = new SideBySide<>(maker);
    } catch (TestAbortedException e) {
      missing = e;
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (missing != null) {
      throw missing;
    }
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw both().explain(failure);
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (both != null) {
      both.close();
    }
  }
}
