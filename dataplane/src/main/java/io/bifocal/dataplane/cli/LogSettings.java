package io.bifocal.dataplane.cli;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.logging.LogLevels;
import io.bifocal.dataplane.logging.LoggerNames;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is logged, and where. To be applied before the first logger is made. */
final class LogSettings {
  @Option(
      names = {"-l", "--log-level"},
      paramLabel = "LEVEL",
      description = "trace, debug, info, warning, error, critical or off; default info",
      defaultValue = "info")
  String level = "info";

  @Option(
      names = "--component-log-level",
      paramLabel = "NAME:LEVEL,…",
      description = "levels for parts: upstream, http, router, config, admin, pool, …")
  @Nullable String components;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = "Envoy's %%-format of a line; default [%%Y-%%m-%%d %%T.%%e][%%t][%%l][%%n] %%v")
  @Nullable String format;

  @Option(names = "--log-format-escaped", description = "newlines in a message are written as \\n")
  boolean escaped;

  @Option(
      names = "--enable-fine-grain-logging",
      description = "loggers are always by class; accepted")
  boolean fineGrain;

  @Option(names = "--log-path", paramLabel = "FILE", description = "append to FILE, not to stderr")
  @Nullable String path;

  String level() {
    return level;
  }

  /** Hands on the settings, which are read when the first logger is made. */
  void apply() throws ConfigException {
    String wanted = level.equals("warn") ? "warning" : level.toLowerCase(Locale.ROOT);
    if (!LogLevels.LEVELS.contains(wanted)) {
      throw new ConfigException(
          "unknown log level '%s' (trace, debug, info, warning, error, critical, off)"
              .formatted(level));
    }
    System.setProperty("bifocal.log.level", slf4jLevel(wanted));
    if (format != null) {
      System.setProperty("bifocal.log.pattern", LogFormat.toLogback(format, escaped));
    }
    if (path != null) {
      appendTo(path);
    }
    if (components != null) {
      applyTo(components);
    }
  }

  private static void applyTo(String components) throws ConfigException {
    try {
      LogLevels levels = LogLevels.find();
      LoggerNames.read(components).forEach(levels::set);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "--component-log-level %s: %s (there are: %s)"
              .formatted(
                  components, e.getMessage(), String.join(", ", LoggerNames.BY_NAME.keySet())),
          e);
    }
  }

  static String slf4jLevel(String envoyLevel) {
    return switch (envoyLevel) {
      case "warning" -> "WARN";
      case "critical" -> "ERROR";
      default -> envoyLevel.toUpperCase(Locale.ROOT);
    };
  }

  @SuppressWarnings("resource") // stays open as long as the process
  private static void appendTo(String path) throws ConfigException {
    try {
      System.setErr(
          new PrintStream(new FileOutputStream(path, true), true, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ConfigException("--log-path %s cannot be opened: %s".formatted(path, e), e);
    }
  }
}
