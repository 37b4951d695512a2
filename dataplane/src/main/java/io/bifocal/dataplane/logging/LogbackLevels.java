package io.bifocal.dataplane.logging;

import java.lang.reflect.Method;
import java.util.Locale;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The levels of Logback, by reflection: the program runs with it, but an embedder may log through
 * anything else.
 */
final class LogbackLevels implements LogLevels {
  private final ILoggerFactory factory;
  private final Method getLevel;
  private final Method setLevel;
  private final Method toLevel;

  private LogbackLevels(ILoggerFactory factory) throws ReflectiveOperationException {
    ClassLoader loader = factory.getClass().getClassLoader();
    Class<?> logger = Class.forName("ch.qos.logback.classic.Logger", true, loader);
    Class<?> level = Class.forName("ch.qos.logback.classic.Level", true, loader);
    this.factory = factory;
    this.getLevel = logger.getMethod("getEffectiveLevel");
    this.setLevel = logger.getMethod("setLevel", level);
    this.toLevel = level.getMethod("toLevel", String.class);
  }

  /** Logback's levels if that is what logs, else {@link LogLevels#NONE}. */
  static LogLevels find() {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!factory.getClass().getName().startsWith("ch.qos.logback.")) {
      return NONE;
    }
    try {
      return new LogbackLevels(factory);
    } catch (ReflectiveOperationException e) {
      return NONE;
    }
  }

  private Logger logger(String name) {
    return factory.getLogger(name.isEmpty() ? Logger.ROOT_LOGGER_NAME : name);
  }

  @Override
  public String get(String logger) {
    try {
      String level = getLevel.invoke(logger(logger)).toString().toLowerCase(Locale.ROOT);
      return level.equals("warn") ? "warning" : level.equals("all") ? "trace" : level;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean set(String logger, String level) {
    String its =
        switch (level) {
          case "warning" -> "WARN";
          case "critical" -> "ERROR";
          default -> level.toUpperCase(Locale.ROOT);
        };
    try {
      setLevel.invoke(logger(logger), toLevel.invoke(null, its));
      return true;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
