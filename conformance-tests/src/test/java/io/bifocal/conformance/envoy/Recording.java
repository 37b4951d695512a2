package io.bifocal.conformance.envoy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a subject said and showed, step by step: title of the step to lines. */
record Recording(Map<String, List<String>> steps) {

  /** Where another one is not the same, readably; empty when both are equal. */
  List<String> differencesTo(Recording other) {
    List<String> differences = new ArrayList<>();
    steps.forEach(
        (title, lines) -> {
          List<String> others = other.steps.getOrDefault(title, List.of("(never got here)"));
          if (!lines.equals(others)) {
            differences.add(
                "%s%n    expected %s%n    but was  %s"
                    .formatted(
                        title,
                        String.join("\n             ", lines),
                        String.join("\n             ", others)));
          }
        });
    return differences;
  }

  /** The same with one step's lines replaced. */
  Recording with(String title, List<String> lines) {
    Map<String, List<String>> changed = new LinkedHashMap<>(steps);
    changed.put(title, lines);
    return new Recording(changed);
  }
}
