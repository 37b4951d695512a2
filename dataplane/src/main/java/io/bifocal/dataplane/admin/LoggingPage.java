package io.bifocal.dataplane.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code POST /logging}: lists levels, and changes them by Envoy's names for loggers, each of which
 * stands for the packages that do that work here.
 */
final class LoggingPage {
  private static final String DATAPLANE = "io.bifocal.dataplane";
  private static final Map<String, String> LOGGERS = loggers();

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

  private static Map<String, String> loggers() {
    Map<String, String> loggers = new TreeMap<>();
    loggers.put("admin", DATAPLANE + ".admin");
    loggers.put("config", "io.bifocal.xds");
    loggers.put("conn_handler", DATAPLANE + ".listener");
    loggers.put("connection", DATAPLANE + ".transport");
    loggers.put("file", DATAPLANE + ".observe");
    loggers.put("filter", DATAPLANE + ".tcp");
    loggers.put("grpc", DATAPLANE + ".controlplane");
    loggers.put("happy_eyeballs", DATAPLANE + ".connect");
    loggers.put("hc", DATAPLANE + ".health");
    loggers.put("http", DATAPLANE + ".http");
    loggers.put("init", DATAPLANE + ".init");
    loggers.put("main", DATAPLANE);
    loggers.put("pool", DATAPLANE + ".pool");
    loggers.put("router", DATAPLANE + ".http.router");
    loggers.put("stats", DATAPLANE + ".stats");
    loggers.put("upstream", DATAPLANE + ".cluster");
    return loggers;
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
    List<String[]> pairs = new ArrayList<>();
    switch (only.getKey()) {
      case "level" -> {
        pairs.add(new String[] {"main", only.getValue()});
        LOGGERS.keySet().forEach(name -> pairs.add(new String[] {name, only.getValue()}));
      }
      case "paths" -> {
        for (String pair : only.getValue().split(",", -1)) {
          String[] parts = pair.split(":", -1);
          if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
            return "empty logger name or empty logger level";
          }
          pairs.add(parts);
        }
      }
      default -> pairs.add(new String[] {only.getKey(), only.getValue()});
    }
    for (String[] pair : pairs) {
      if (!LogLevels.LEVELS.contains(pair[1])) {
        return "unknown logger level";
      }
      String logger = LOGGERS.get(pair[0]);
      if (logger == null) {
        return "unknown logger name";
      }
      changes.put(logger, pair[1]);
    }
    return "";
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
    LOGGERS.forEach(
        (name, logger) ->
            out.append("  ").append(name).append(": ").append(levels.get(logger)).append('\n'));
    return out.append('\n').toString();
  }
}
