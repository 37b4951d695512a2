package io.bifocal.dataplane.logging;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Envoy's names for loggers, each of which stands for the package that does that work here. */
public final class LoggerNames {
  private static final String DATAPLANE = "io.bifocal.dataplane";

  /** Packages by name, sorted. */
  public static final Map<String, String> BY_NAME = byName();

  private LoggerNames() {}

  private static Map<String, String> byName() {
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
    return Collections.unmodifiableMap(loggers);
  }

  /** Everything to one level; as {@link #read}. */
  public static Map<String, String> all(String level) {
    Map<String, String> changes = new LinkedHashMap<>(one("main", level));
    BY_NAME.keySet().forEach(name -> changes.putAll(one(name, level)));
    return changes;
  }

  /**
   * Levels by package, from {@code name:level,name:level}.
   *
   * @throws IllegalArgumentException when a name or a level is not known, in Envoy's words
   */
  public static Map<String, String> read(String pairs) {
    Map<String, String> changes = new LinkedHashMap<>();
    for (String pair : pairs.split(",", -1)) {
      String[] parts = pair.split(":", -1);
      if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
        throw new IllegalArgumentException("empty logger name or empty logger level");
      }
      changes.putAll(one(parts[0], parts[1]));
    }
    return changes;
  }

  /** One name to one level; as {@link #read}. */
  public static Map<String, String> one(String name, String level) {
    if (!LogLevels.LEVELS.contains(level)) {
      throw new IllegalArgumentException("unknown logger level");
    }
    String logger = BY_NAME.get(name);
    if (logger == null) {
      throw new IllegalArgumentException("unknown logger name");
    }
    return Map.of(logger, level);
  }
}
