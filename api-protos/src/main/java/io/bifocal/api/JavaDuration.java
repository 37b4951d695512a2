package io.bifocal.api;

import java.time.Duration;

/** Durations of the API as those of the JDK. */
public final class JavaDuration {
  private JavaDuration() {}

  public static Duration of(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }
}
