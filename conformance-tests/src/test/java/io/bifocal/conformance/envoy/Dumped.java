package io.bifocal.conformance.envoy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which resources {@code /config_dump} has in which section, and in which version. */
final class Dumped {
  private static final Set<String> STATES =
      Set.of("active_state", "warming_state", "draining_state");

  private Dumped() {}

  static List<String> names(String json) {
    List<String> lines = new ArrayList<>();
    for (JsonElement dump :
        JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("configs")) {
      for (Map.Entry<String, JsonElement> section : dump.getAsJsonObject().entrySet()) {
        if (section.getKey().startsWith("dynamic_") && section.getValue().isJsonArray()) {
          Set<String> entries = new TreeSet<>();
          for (JsonElement element : section.getValue().getAsJsonArray()) {
            JsonObject entry = element.getAsJsonObject();
            if (!isRefusalAlone(entry)) {
              entries.add(entry(entry));
            }
          }
          if (!entries.isEmpty()) {
            lines.add("/config_dump " + section.getKey() + " " + entries);
          }
        }
      }
    }
    return lines;
  }

  /**
   * Normalised away, as is the error beside a good one: Envoy tells of refused listeners only, and
   * until any next update; here it is each resource's until its own. {@code RefusedDumpTest}
   * compares what both say of a listener.
   */
  private static boolean isRefusalAlone(JsonObject entry) {
    return entry.has("error_state")
        && !entry.has("version_info")
        && STATES.stream().noneMatch(entry::has);
  }

  private static String entry(JsonObject entry) {
    StringBuilder text = new StringBuilder(name(entry));
    if (entry.has("version_info")) {
      text.append('@').append(entry.get("version_info").getAsString());
    }
    for (String state : new TreeSet<>(STATES)) {
      if (entry.has(state)) {
        JsonElement version = entry.getAsJsonObject(state).get("version_info");
        text.append(' ').append(state);
        if (version != null) {
          text.append('@').append(version.getAsString());
        }
      }
    }
    return text.toString();
  }

  private static String name(JsonObject entry) {
    if (entry.has("name")) {
      return entry.get("name").getAsString();
    }
    for (String resource : List.of("cluster", "route_config")) {
      if (entry.has(resource)) {
        return name(entry.getAsJsonObject(resource));
      }
    }
    return "?";
  }
}
