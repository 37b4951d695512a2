package io.bifocal.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * What one test has {@link Started}: gone after it. Register it with {@code @RegisterExtension
 * final Stage stage = new Stage();}.
 */
public final class Stage
    implements BeforeEachCallback, AfterEachCallback, TestExecutionExceptionHandler {
  /** For the environment of a program that lives for seconds. */
  public static final Map<String, String> QUICK_JVM = Started.QUICK_JVM;

  private final Started started = new Started();

  /** The test's own directory, gone after it. */
  public Path directory() {
    return started.directory();
  }

  /** Closes it after the test. */
  public <T extends AutoCloseable> T keep(T resource) {
    return started.keep(resource);
  }

  /** Starts any program, standard output and error into one log. */
  public Program run(String name, List<String> command) {
    return run(name, command, Map.of());
  }

  /** The same, with additions to the environment. */
  public Program run(String name, List<String> command, Map<String, String> environment) {
    return started.run(name, command, environment);
  }

  /** Starts a subject with a bootstrap, and waits until its admin interface answers. */
  public Proxy start(Subject subject, String bootstrap, String... flags) {
    return started.start(subject, List.of(), bootstrap, List.of(flags));
  }

  /** Starts a subject and waits for nothing. */
  public Proxy startQuietly(Subject subject, String bootstrap, String... flags) {
    return started.startQuietly(subject, List.of(), bootstrap, List.of(flags));
  }

  /** A file in the test's directory. */
  public Path write(String name, String content) {
    return started.write(name, content);
  }

  /** Where one instance serves all tests of a class, the one before has taken the directory. */
  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    Files.createDirectories(started.directory());
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    throw started.explain(failure);
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    started.close();
  }
}
