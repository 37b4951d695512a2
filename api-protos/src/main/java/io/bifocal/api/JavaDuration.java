package io.bifocal.api;

import java.time.Duration;

/** Durations of the API and those of the JDK. */
public final class JavaDuration {
  // About 146 years, so that two of them fit into 64 bits of nanoseconds.
  private static final long MOST_SECONDS = Long.MAX_VALUE / 1_000_000_000 / 2;

  private JavaDuration() {}

  /** What is longer than a process can live, or not a duration at all, is cut to 146 years. */
  public static Duration of(com.google.protobuf.Duration duration) {
    long seconds = duration.getSeconds();
    if (seconds > MOST_SECONDS || seconds < -MOST_SECONDS) {
      return Duration.ofSeconds(seconds > 0 ? MOST_SECONDS : -MOST_SECONDS);
    }
    return Duration.ofSeconds(seconds, duration.getNanos());
  }

  public static com.google.protobuf.Duration proto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
