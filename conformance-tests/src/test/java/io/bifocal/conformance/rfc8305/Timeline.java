package io.bifocal.conformance.rfc8305;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Which addresses were tried, and when: milliseconds after the first attempt's SYN. */
record Timeline(List<Attempt> attempts) {
  /**
   * One SYN that was not a repetition, or, with a {@code u} before its address, a QUIC connection.
   */
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

  /** Where {@code actual} is not the same within the tolerance. */
  List<Difference> differencesTo(Timeline actual) {
    if (!addresses().equals(actual.addresses())) {
      return List.of(Difference.of("on the wire " + this, actual));
    }
    List<Difference> differences = new ArrayList<>();
    for (int i = 0; i < attempts.size(); i++) {
      Attempt attempt = attempts.get(i);
      differences.addAll(
          Millis.compare(attempt.address(), attempt.millis(), actual.attempts.get(i).millis()));
    }
    return differences;
  }

  /** The same without the times. */
  List<String> addresses() {
    return attempts.stream().map(Attempt::address).toList();
  }

  @Override
  public String toString() {
    return attempts.stream().map(Attempt::toString).collect(Collectors.joining(", "));
  }
}
