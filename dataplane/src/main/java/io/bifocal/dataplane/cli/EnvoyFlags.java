package io.bifocal.dataplane.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Envoy's flags that mean nothing here. They are accepted, so that a command line that starts Envoy
 * starts Bifocal, and each that is given is named on stderr with the reason.
 */
final class EnvoyFlags {
  private static final String NO_HOT_RESTART = "there is no hot restart";

  @Option(names = "--base-id", paramLabel = "N", description = "accepted: " + NO_HOT_RESTART)
  @Nullable Long baseId;

  @Option(
      names = "--base-id-path",
      paramLabel = "FILE",
      description = "accepted: " + NO_HOT_RESTART)
  @Nullable String baseIdPath;

  @Option(names = "--use-dynamic-base-id", description = "accepted: " + NO_HOT_RESTART)
  boolean dynamicBaseId;

  @Option(names = "--skip-hot-restart-on-no-parent", description = "accepted: " + NO_HOT_RESTART)
  boolean skipHotRestart;

  @Option(names = "--skip-hot-restart-parent-stats", description = "accepted: " + NO_HOT_RESTART)
  boolean skipParentStats;

  @Option(names = "--restart-epoch", paramLabel = "N", description = "accepted: " + NO_HOT_RESTART)
  @Nullable Integer restartEpoch;

  @Option(names = "--socket-path", paramLabel = "PATH", description = "accepted: " + NO_HOT_RESTART)
  @Nullable String socketPath;

  @Option(names = "--socket-mode", paramLabel = "MODE", description = "accepted: " + NO_HOT_RESTART)
  @Nullable String socketMode;

  @Option(
      names = "--parent-shutdown-time-s",
      paramLabel = "SECONDS",
      description = "accepted: " + NO_HOT_RESTART)
  @Nullable Integer parentShutdownTime;

  @Option(
      names = "--disable-hot-restart",
      description = "accepted, and always so: " + NO_HOT_RESTART)
  boolean disableHotRestart;

  @Option(names = "--enable-mutex-tracing", description = "accepted: there are no mutexes to trace")
  boolean mutexTracing;

  @Option(names = "--cpuset-threads", description = "accepted: use --concurrency")
  boolean cpusetThreads;

  @Option(names = "--enable-core-dump", description = "accepted: the JVM has its own flags for it")
  boolean coreDump;

  @Option(
      names = "--file-flush-min-size-kb",
      paramLabel = "KB",
      description = "accepted: lines are written when 64 KiB have gathered")
  @Nullable Long fileFlushMinSize;

  @Option(
      names = "--local-address-ip-version",
      paramLabel = "v4|v6",
      description = "accepted: the version of the local address is not shown")
  @Nullable String localAddressIpVersion;

  @Option(
      names = "--ignore-unknown-dynamic-fields",
      description = "accepted: unknown fields are counted and logged all the same")
  boolean ignoreUnknownDynamicFields;

  @Option(
      names = "--stats-tag",
      paramLabel = "NAME:VALUE",
      description = "accepted: not added to the statistics")
  List<String> statsTags = new ArrayList<>();

  @Option(
      names = "--disable-extensions",
      paramLabel = "NAMES",
      description = "accepted: extensions cannot be switched off")
  @Nullable String disableExtensions;

  /** A line for each that was given. {@code --disable-hot-restart} is obeyed, so it has none. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    note(notes, baseId != null, "--base-id", NO_HOT_RESTART);
    note(notes, baseIdPath != null, "--base-id-path", NO_HOT_RESTART);
    note(notes, dynamicBaseId, "--use-dynamic-base-id", NO_HOT_RESTART);
    note(notes, skipHotRestart, "--skip-hot-restart-on-no-parent", NO_HOT_RESTART);
    note(notes, skipParentStats, "--skip-hot-restart-parent-stats", NO_HOT_RESTART);
    note(notes, restartEpoch != null, "--restart-epoch", NO_HOT_RESTART);
    note(notes, socketPath != null, "--socket-path", NO_HOT_RESTART);
    note(notes, socketMode != null, "--socket-mode", NO_HOT_RESTART);
    note(notes, parentShutdownTime != null, "--parent-shutdown-time-s", NO_HOT_RESTART);
    note(notes, mutexTracing, "--enable-mutex-tracing", "there are no mutexes to trace");
    note(notes, cpusetThreads, "--cpuset-threads", "use --concurrency");
    note(notes, coreDump, "--enable-core-dump", "the JVM has its own flags for it");
    note(
        notes,
        fileFlushMinSize != null,
        "--file-flush-min-size-kb",
        "access logs are written when 64 KiB have gathered");
    note(notes, localAddressIpVersion != null, "--local-address-ip-version", "it is not shown");
    note(
        notes,
        ignoreUnknownDynamicFields,
        "--ignore-unknown-dynamic-fields",
        "they are counted and logged all the same");
    note(notes, !statsTags.isEmpty(), "--stats-tag", "tags are not added to the statistics");
    note(notes, disableExtensions != null, "--disable-extensions", "they cannot be switched off");
    return notes;
  }

  private static void note(List<String> notes, boolean given, String flag, String why) {
    if (given) {
      notes.add("%s has no effect: %s".formatted(flag, why));
    }
  }
}
