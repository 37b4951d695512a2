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
      Set.of("active_state", "warming_state", "draining_state", "error_state");

  /**
   * Normalised away: beside the entry of each listener that was refused, Envoy has one without a
   * name for the update as a whole. It says nothing that the others do not.
   */
  private static final List<String> NAMELESS = List.of("?", "? error_state");

  private Dumped() {}

  static List<String> names(String json) {
    List<String> lines = new ArrayList<>();
    for (JsonElement dump :
        JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("configs")) {
      for (Map.Entry<String, JsonElement> section : dump.getAsJsonObject().entrySet()) {
        if (section.getKey().startsWith("dynamic_") && section.getValue().isJsonArray()) {
          boolean listeners = section.getKey().equals("dynamic_listeners");
          Set<String> entries = new TreeSet<>();
          for (JsonElement element : section.getValue().getAsJsonArray()) {
            JsonObject entry = element.getAsJsonObject();
            if (listeners || !isRefusalAlone(entry)) {
              entries.add(entry(entry, listeners ? STATES : Set.of()));
            }
          }
          NAMELESS.forEach(entries::remove);
          if (listeners || !entries.isEmpty()) {
            lines.add("/config_dump " + section.getKey() + " " + entries);
          }
        }
      }
    }
    return lines;
  }

  /**
   * Normalised away: a resource that was refused, and of which there is no good one, is an entry of
   * ours alone, as is the error beside a good one; Envoy tells it of listeners only.
   */
  private static boolean isRefusalAlone(JsonObject entry) {
    return entry.has("error_state") && !entry.has("version_info");
  }

  private static String entry(JsonObject entry, Set<String> states) {
    StringBuilder text = new StringBuilder(name(entry));
    if (entry.has("version_info")) {
      text.append('@').append(entry.get("version_info").getAsString());
    }
    for (String state : new TreeSet<>(states)) {
      if (entry.has(state) && !isOfAListenerTwice(entry.getAsJsonObject(state))) {
        JsonElement version = entry.getAsJsonObject(state).get("version_info");
        text.append(' ').append(state);
        // Envoy leaves the version out of an error; there it is ours alone.
        if (version != null && !state.equals("error_state")) {
          text.append('@').append(version.getAsString());
        }
      }
    }
    return text.toString();
  }

  /**
   * Normalised away: that a listener was there twice is told at that listener; with Envoy, at the
   * entry without a name.
   */
  private static boolean isOfAListenerTwice(JsonObject state) {
    JsonElement details = state.get("details");
    return details != null && details.getAsString().startsWith("duplicate listener ");
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
