package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Arrays;
import java.util.List;

/** What a subject did, and what was expected of it, in the notation of {@link Observation}. */
record Seen(Observation observation) {
  /** {@code 0 6a, 300 4a}: these attempts and no others. */
  @CanIgnoreReturnValue
  Seen onTheWire(String attempts) {
    assertThat(observation.differencesToWire(attempts)).isEmpty();
    return this;
  }

  /** {@code 200 4a at 300}: one for each request. */
  @CanIgnoreReturnValue
  Seen replies(String... expected) {
    List<Reply> replies = Arrays.stream(expected).map(Reply::of).toList();
    assertThat(observation.differencesToReplies(replies)).isEmpty();
    return this;
  }

  /** {@code upstream_cx_total 2, upstream_cx_connect_fail 0}. */
  @CanIgnoreReturnValue
  Seen counts(String counters) {
    assertThat(observation.differencesToCounters(counters)).isEmpty();
    return this;
  }

  /** Every line of the access log has this in it. */
  @CanIgnoreReturnValue
  Seen logs(String part) {
    assertThat(observation.log()).isNotEmpty().allSatisfy(line -> assertThat(line).contains(part));
    return this;
  }
}
