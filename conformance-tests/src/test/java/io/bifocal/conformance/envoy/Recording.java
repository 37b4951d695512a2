package io.bifocal.conformance.envoy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
                title + only("expected", lines, others) + only("but was ", others, lines));
          }
        });
    return differences;
  }

  /** The lines that the other has not; all of them when the two differ in nothing but order. */
  private static String only(String who, List<String> lines, List<String> others) {
    List<String> own = new ArrayList<>(lines);
    if (!Set.copyOf(lines).equals(Set.copyOf(others))) {
      own.removeAll(others);
    }
    String indent = "\n    " + who + " ";
    return indent + (own.isEmpty() ? "nothing more" : String.join(indent, own));
  }

  /** The same with one step's lines replaced. */
  Recording with(String title, List<String> lines) {
    Map<String, List<String>> changed = new LinkedHashMap<>(steps);
    changed.put(title, lines);
    return new Recording(changed);
  }
}
