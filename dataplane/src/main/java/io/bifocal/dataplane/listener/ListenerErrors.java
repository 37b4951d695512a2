package io.bifocal.dataplane.listener;

import io.bifocal.xds.Verdict;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an update of LDS got wrong, for its NACK. */
final class ListenerErrors {
  private final StringBuilder text = new StringBuilder();
  private final Map<String, String> byName = new LinkedHashMap<>();

  void add(String listener, String reason) {
    text.append(listener).append(": ").append(reason).append('\n');
    byName.put(listener, reason);
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  /** One line for each that was refused. */
  Verdict verdict() {
    return isEmpty()
        ? Verdict.accept()
        : Verdict.reject("Error adding/updating listener(s) " + text, byName);
  }
}
