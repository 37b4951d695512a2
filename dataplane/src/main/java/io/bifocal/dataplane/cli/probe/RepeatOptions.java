package io.bifocal.dataplane.cli.probe;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How often to race. */
final class RepeatOptions {
  private static final int MOST = 10_000;

  /** Not so often that a stranger's server would mind. */
  private static final Duration INTERVAL = Duration.ofMillis(200);

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description = "look up and race N times, and sum up; default 1")
  int repeat = 1;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "between the end of a run and the next; default 200ms")
  @Nullable Duration interval;

  @Option(
      names = "--memory",
      description =
          "let each race learn from those before, as a cluster's do; without it each begins afresh")
  boolean memory;

  Duration interval() {
    return interval == null ? INTERVAL : interval;
  }

  void check() throws BadUsage {
    if (repeat < 1 || repeat > MOST) {
      throw new BadUsage("--repeat must be from 1 to " + MOST + ", not " + repeat);
    }
    if (repeat == 1 && (memory || interval != null)) {
      throw new BadUsage(
          (memory ? "--memory" : "--interval") + " needs --repeat with more than one race");
    }
  }
}
