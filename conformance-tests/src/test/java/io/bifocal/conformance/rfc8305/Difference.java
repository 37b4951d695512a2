package io.bifocal.conformance.rfc8305;

import java.util.List;

/**
 * One way in which something seen is not as expected.
 *
 * @param late whether it is only later than it should be, which a busy machine can bring about
 */
record Difference(String text, boolean late) {
  static Difference of(Object expected, Object actual) {
    return new Difference("expected " + expected + ", but was " + actual, false);
  }

  /** Whether there are any, and the machine can be blamed for all of them. */
  static boolean areOnlyLate(List<Difference> differences) {
    return !differences.isEmpty() && differences.stream().allMatch(Difference::late);
  }

  @Override
  public String toString() {
    return text;
  }
}
