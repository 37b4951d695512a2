package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.SideBySide;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Envoy's side and Bifocal's for the tests of a class, begun before the first of them and gone
 * after the last. Register them in a static field.
 */
final class TcpSides implements BeforeAllCallback, AfterAllCallback, TestExecutionExceptionHandler {
  private final TcpSide.Configuration configuration;
  private @Nullable SideBySide<TcpSide> both;

  /** What a side is asked. */
  @FunctionalInterface
  interface Question<T> {
    T of(TcpSide side) throws IOException;
  }

  TcpSides(TcpSide.Configuration configuration) {
    this.configuration = configuration;
  }

  TcpSide side(Subject subject) {
    return both().side(subject);
  }

  /** What both see and tell of a play alike. */
  String agreed(TcpSide.Play play) {
    return agreed(play, told -> told);
  }

  /**
   * What both see and tell of a play alike.
   *
   * @param compared leaves out what is no matter of comparison
   */
  String agreed(TcpSide.Play play, UnaryOperator<String> compared) {
    return same(side -> compared.apply(side.play(play)));
  }

  /** The answer that both give. */
  <T> T same(Question<T> question) {
    SideBySide.Both<T> answers =
        both()
            .ask(
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

  private SideBySide<TcpSide> both() {
    return Objects.requireNonNull(both, "not begun");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    both = new SideBySide<>((subject, started) -> new TcpSide(subject, started, configuration));
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
