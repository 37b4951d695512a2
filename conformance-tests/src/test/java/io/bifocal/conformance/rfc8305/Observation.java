package io.bifocal.conformance.rfc8305;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one subject did in a race, seen from outside.
 *
 * @param wire the attempts
 * @param replies one per request
 * @param counters the cluster's statistics that are compared, those that are not zero
 * @param log the lines of the access log, one per request
 */
record Observation(
    Timeline wire, List<Reply> replies, SortedMap<String, Long> counters, List<String> log) {

  /** Where another subject did otherwise; empty when it did not. */
  List<String> differencesTo(Observation other) {
    List<String> differences = new ArrayList<>(wire.differencesTo(other.wire));
    differences.addAll(other.differencesToReplies(replies));
    SortedMap<String, Long> all = new TreeMap<>(counters);
    all.putAll(other.counters);
    for (String name : all.keySet()) {
      if (count(name) != other.count(name)) {
        differences.add(
            "expected %s %d, but was %d".formatted(name, count(name), other.count(name)));
      }
    }
    if (!log.equals(other.log)) {
      differences.add("expected to be logged " + log + ", but was " + other.log);
    }
    return differences;
  }

  private long count(String name) {
    return counters.getOrDefault(name, 0L);
  }

  /** Where this is not as described: {@code 0 6a, 300 4a}. */
  List<String> differencesToWire(String expected) {
    return Timeline.of(expected).differencesTo(wire);
  }

  /** Where the replies are not these. */
  List<String> differencesToReplies(List<Reply> expected) {
    boolean same = expected.size() == replies.size();
    for (int i = 0; same && i < expected.size(); i++) {
      same = expected.get(i).isAbout(replies.get(i));
    }
    return same ? List.of() : List.of("expected replies " + expected + ", but was " + replies);
  }

  /** Where statistics are not as described: {@code upstream_cx_total 2, upstream_cx_overflow 0}. */
  List<String> differencesToCounters(String expected) {
    List<String> differences = new ArrayList<>();
    for (String part : expected.split(",")) {
      String[] words = part.strip().split(" ");
      if (count(words[0]) != Long.parseLong(words[1])) {
        differences.add("expected " + part.strip() + ", but was " + count(words[0]));
      }
    }
    return differences;
  }
}
