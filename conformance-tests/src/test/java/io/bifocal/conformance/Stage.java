package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Everything that one test has started: ended in reverse order whatever happens, with the programs'
 * logs in the message of a failure. Register it with {@code @RegisterExtension final Stage stage =
 * new Stage();}.
 */
public final class Stage
    implements BeforeEachCallback, AfterEachCallback, TestExecutionExceptionHandler {
  /** For the environment of a program that lives for seconds. */
  public static final Map<String, String> QUICK_JVM =
      Map.of("BIFOCAL_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx512m");

  private static final Map<String, String> DEFAULTS = Map.of("--drain-time-s", "1", "-l", "info");
  private static final int LOG_LINES = 60;

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final List<Program> programs = new ArrayList<>();
  private Path directory = Path.of("target");

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    directory = Files.createTempDirectory("conformance");
  }

  /** The test's own directory, gone after it. */
  public Path directory() {
    return directory;
  }

  /** Closes it after the test. */
  public <T extends AutoCloseable> T keep(T resource) {
    started.push(resource);
    return resource;
  }

  /** Starts any program, standard output and error into one log. */
  public Program run(String name, List<String> command) {
    return run(name, command, Map.of());
  }

  /** The same, with additions to the environment. */
  public Program run(String name, List<String> command, Map<String, String> environment) {
    Program program = keep(Program.start(name, directory, command, environment));
    programs.add(program);
    return program;
  }

  /** Starts a subject with a bootstrap, and waits until its admin interface answers. */
  public Proxy start(Subject subject, String bootstrap, String... flags) {
    Proxy proxy = startQuietly(subject, bootstrap, flags);
    proxy.awaitAdmin(Duration.ofSeconds(60));
    return proxy;
  }

  /** Starts a subject and waits for nothing. */
  public Proxy startQuietly(Subject subject, String bootstrap, String... flags) {
    Path file = write(subject + "-" + programs.size() + ".yaml", bootstrap);
    Path admin = directory.resolve(file.getFileName() + ".admin");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-c",
                file.toString(),
                "--concurrency",
                "1",
                "--admin-address-path",
                admin.toString()));
    arguments.addAll(Arrays.asList(flags));
    DEFAULTS.forEach(
        (flag, value) -> {
          if (!arguments.contains(flag)) {
            arguments.addAll(List.of(flag, value));
          }
        });
    Program program =
        run(subject.toString().toLowerCase(Locale.ROOT), subject.command(arguments), QUICK_JVM);
    return new Proxy(program, admin);
  }

  /** A file in the test's directory. */
  public Path write(String name, String content) {
    try {
      return Files.writeString(directory.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    if (failure instanceof TestAbortedException || programs.isEmpty()) {
      throw failure;
    }
    StringBuilder message = new StringBuilder(String.valueOf(failure.getMessage()));
    for (Program program : programs) {
      message.append("\n--- ").append(program).append(", the end of its log:\n");
      message.append(program.logTail(LOG_LINES));
    }
    throw new AssertionError(message.toString(), failure);
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    Throwable first = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception | AssertionError e) {
        first = first == null ? e : first;
      }
    }
    programs.clear();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
    if (first != null) {
      throw new AssertionError("could not be closed", first);
    }
  }
}
