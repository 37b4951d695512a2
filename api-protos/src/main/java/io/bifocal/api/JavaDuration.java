package io.bifocal.api;

import java.time.Duration;

/** Durations of the API and those of the JDK. */
public final class JavaDuration {
  private JavaDuration() {}

  public static Duration of(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  public static com.google.protobuf.Duration proto(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
