package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * Everything that was started for some tests, in a directory of its own: ended in reverse order
 * whatever happens, with the programs' logs in the message of a failure.
 */
public final class Started implements AutoCloseable {
  /** For the environment of a program that lives for seconds. */
  public static final Map<String, String> QUICK_JVM =
      Map.of("BIFOCAL_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx512m");

  private static final Map<String, String> DEFAULTS =
      Map.of("--concurrency", "1", "--drain-time-s", "1", "-l", "info");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LOG_LINES = 60;

  // Subjects that are played to side by side may start at the same time.
  private final Deque<AutoCloseable> started = new ConcurrentLinkedDeque<>();
  private final List<Program> programs = new CopyOnWriteArrayList<>();
  private final AtomicInteger proxies = new AtomicInteger();
  private final Path directory;

  public Started() {
    try {
      directory = Files.createTempDirectory("conformance");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gone when this is closed. */
  public Path directory() {
    return directory;
  }

  /** Closes it with the rest. */
  public <T extends AutoCloseable> T keep(T resource) {
    started.push(resource);
    return resource;
  }

  /** Starts any program, standard output and error into one log. */
  public Program run(String name, List<String> command, Map<String, String> environment) {
    Program program = keep(Program.start(name, directory, command, environment));
    programs.add(program);
    return program;
  }

  /**
   * Starts a subject with a bootstrap, and waits until its admin interface answers.
   *
   * @param within a command that runs the one behind it, such as {@code ip netns exec NAME}
   */
  public Proxy start(Subject subject, List<String> within, String bootstrap, List<String> flags) {
    Proxy proxy = startQuietly(subject, within, bootstrap, flags);
    proxy.awaitAdmin(PATIENCE);
    return proxy;
  }

  /** Starts a subject and waits for nothing. */
  Proxy startQuietly(Subject subject, List<String> within, String bootstrap, List<String> flags) {
    Path file = write(subject + "-" + proxies.getAndIncrement() + ".yaml", bootstrap);
    Path admin = directory.resolve(file.getFileName() + ".admin");
    List<String> arguments =
        new ArrayList<>(List.of("-c", file.toString(), "--admin-address-path", admin.toString()));
    arguments.addAll(flags);
    DEFAULTS.forEach(
        (flag, value) -> {
          if (!arguments.contains(flag)) {
            arguments.addAll(List.of(flag, value));
          }
        });
    List<String> command = new ArrayList<>(within);
    command.addAll(subject.command(arguments));
    return new Proxy(run(subject.toString().toLowerCase(Locale.ROOT), command, QUICK_JVM), admin);
  }

  /** A file in the directory. */
  public Path write(String name, String content) {
    try {
      return Files.writeString(directory.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The failure, with the ends of the programs' logs in its message. */
  public Throwable explain(Throwable failure) {
    if (failure instanceof TestAbortedException || programs.isEmpty()) {
      return failure;
    }
    StringBuilder message = new StringBuilder(String.valueOf(failure.getMessage()));
    for (Program program : programs) {
      message.append("\n--- ").append(program).append(", the end of its log:\n");
      message.append(program.logTail(LOG_LINES));
    }
    return new AssertionError(message.toString(), failure);
  }

  @Override
  public void close() throws IOException {
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
