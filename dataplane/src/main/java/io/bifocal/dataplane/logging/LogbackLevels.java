package io.bifocal.dataplane.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.Locale;
import org.slf4j.ILoggerFactory;

/** The levels of Logback. To be loaded only where that is what logs. */
final class LogbackLevels implements LogLevels {
  private final LoggerContext context;

  private LogbackLevels(LoggerContext context) {
    this.context = context;
  }

  static LogLevels of(ILoggerFactory factory) {
    return new LogbackLevels((LoggerContext) factory);
  }

  private Logger logger(String name) {
    return context.getLogger(name.isEmpty() ? Logger.ROOT_LOGGER_NAME : name);
  }

  @Override
  public String get(String logger) {
    String level = logger(logger).getEffectiveLevel().toString().toLowerCase(Locale.ROOT);
    return level.equals("warn") ? "warning" : level.equals("all") ? "trace" : level;
  }

  @Override
  public boolean set(String logger, String level) {
    String its =
        switch (level) {
          case "warning" -> "WARN";
          case "critical" -> "ERROR";
          default -> level.toUpperCase(Locale.ROOT);
        };
    logger(logger).setLevel(Level.toLevel(its));
    return true;
  }
}
