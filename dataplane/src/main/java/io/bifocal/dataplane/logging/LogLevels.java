package io.bifocal.dataplane.logging;

import java.util.List;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** Levels of the program's loggers, which can be changed while it runs; thread-safe. */
public interface LogLevels {
  /** Envoy's words for levels, from the most to the least. */
  List<String> LEVELS = List.of("trace", "debug", "info", "warning", "error", "critical", "off");

  /** For a logging library whose levels cannot be changed from here. */
  LogLevels NONE =
      new LogLevels() {
        @Override
        public String get(String logger) {
          return "info";
        }

        @Override
        public boolean set(String logger, String level) {
          return false;
        }
      };

  /** Logback's levels if that is what logs, else {@link #NONE}. */
  static LogLevels find() {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    return factory.getClass().getName().startsWith("ch.qos.logback.")
        ? LogbackLevels.of(factory)
        : NONE;
  }

  /**
   * The level in force.
   *
   * @param logger a name as loggers have it; the empty string is the root
   * @return one of {@link #LEVELS}
   */
  String get(String logger);

  /**
   * Sets a level; false where that is not possible.
   *
   * @param level one of {@link #LEVELS}
   */
  boolean set(String logger, String level);
}
