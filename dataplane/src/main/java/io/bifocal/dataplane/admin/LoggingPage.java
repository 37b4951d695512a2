package io.bifocal.dataplane.admin;

import io.bifocal.dataplane.logging.LogLevels;
import io.bifocal.dataplane.logging.LoggerNames;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code POST /logging}: lists levels, and changes them by Envoy's names for loggers. */
final class LoggingPage {
  private static final String USAGE =
      """

      usage: /logging?<name>=<level> (change single level)
      usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)
      usage: /logging?level=<level> (change all levels)
      levels: trace debug info warning error critical off\s
      """;

  private final LogLevels levels;

  LoggingPage(LogLevels levels) {
    this.levels = levels;
  }

  Answer answer(Request request) {
    Map<String, String> changes = new LinkedHashMap<>();
    String error = read(request, changes);
    if (error.isEmpty() && !changes.isEmpty() && !apply(changes)) {
      error = "the logging library in use does not let its levels be changed";
    }
    String active = active();
    return error.isEmpty()
        ? Answer.text(active)
        : Answer.error(400, "error: " + error + "\n" + USAGE + active);
  }

  /** Puts loggers and levels into {@code changes}; answers what is wrong, or nothing. */
  private static String read(Request request, Map<String, String> changes) {
    if (request.query().isEmpty()) {
      return "";
    }
    if (request.query().size() > 1) {
      return "invalid number of parameters";
    }
    Map.Entry<String, String> only = request.query().entrySet().iterator().next();
    try {
      changes.putAll(
          switch (only.getKey()) {
            case "level" -> LoggerNames.all(only.getValue());
            case "paths" -> LoggerNames.read(only.getValue());
            default -> LoggerNames.one(only.getKey(), only.getValue());
          });
      return "";
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private boolean apply(Map<String, String> changes) {
    boolean all = true;
    for (Map.Entry<String, String> change : changes.entrySet()) {
      all &= levels.set(change.getKey(), change.getValue());
    }
    return all;
  }

  private String active() {
    StringBuilder out = new StringBuilder("active loggers:\n");
    LoggerNames.BY_NAME.forEach(
        (name, logger) ->
            out.append("  ").append(name).append(": ").append(levels.get(logger)).append('\n'));
    return out.append('\n').toString();
  }
}
