package io.bifocal.conformance.rfc8305;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Which addresses were tried, and when: milliseconds after the first attempt's SYN. */
record Timeline(List<Attempt> attempts) {
  /** A timer is never early; but the first SYN may have been noticed a moment late. */
  static final long EARLY_MILLIS = 20;

  /**
   * For a busy machine; less than half of Envoy's delay, so that no attempt is taken for another.
   */
  static final long LATE_MILLIS = 140;

  /** One SYN that was not a repetition. */
  record Attempt(String address, long millis) {
    @Override
    public String toString() {
      return millis + " " + address;
    }
  }

  /** From {@code 0 6a, 300 4a}; the empty text is nothing at all. */
  static Timeline of(String text) {
    return new Timeline(
        Arrays.stream(text.split(","))
            .map(String::strip)
            .filter(attempt -> !attempt.isEmpty())
            .map(attempt -> attempt.split(" "))
            .map(attempt -> new Attempt(attempt[1], Long.parseLong(attempt[0])))
            .toList());
  }

  /** Where another one is not the same within the tolerance; empty when it is. */
  List<String> differencesTo(Timeline other) {
    List<String> differences = new ArrayList<>();
    if (!addresses().equals(other.addresses())) {
      differences.add("expected on the wire " + this + ", but was " + other);
      return differences;
    }
    for (int i = 0; i < attempts.size(); i++) {
      if (!isAbout(attempts.get(i).millis(), other.attempts.get(i).millis())) {
        differences.add("expected at " + attempts.get(i) + ", but was at " + other.attempts.get(i));
      }
    }
    return differences;
  }

  /** Whether {@code actual} milliseconds can pass for {@code expected}. */
  static boolean isAbout(long expected, long actual) {
    return actual >= expected - EARLY_MILLIS && actual <= expected + LATE_MILLIS;
  }

  private List<String> addresses() {
    return attempts.stream().map(Attempt::address).toList();
  }

  @Override
  public String toString() {
    return attempts.stream().map(Attempt::toString).collect(Collectors.joining(", "));
  }
}
