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

  /**
   * Where another subject did otherwise. Times are not compared: both are held against what is
   * expected.
   */
  List<Difference> differencesTo(Observation other) {
    List<Difference> differences = new ArrayList<>();
    if (!wire.addresses().equals(other.wire.addresses())) {
      differences.add(Difference.of("on the wire " + wire, other.wire));
    }
    if (!whats().equals(other.whats())) {
      differences.add(Difference.of("replies " + replies, other.replies));
    }
    SortedMap<String, Long> all = new TreeMap<>(counters);
    all.putAll(other.counters);
    for (String name : all.keySet()) {
      if (count(name) != other.count(name)) {
        differences.add(Difference.of(name + " " + count(name), other.count(name)));
      }
    }
    if (!log.equals(other.log)) {
      differences.add(Difference.of("to be logged " + log, other.log));
    }
    return differences;
  }

  private List<String> whats() {
    return replies.stream().map(Reply::what).toList();
  }

  /** A statistic; 0 when it is not there. */
  long count(String name) {
    return counters.getOrDefault(name, 0L);
  }
}
