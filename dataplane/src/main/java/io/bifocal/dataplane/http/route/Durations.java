package io.bifocal.dataplane.http.route;

import java.time.Duration;

/** Protobuf's durations as Java's. */
public final class Durations {
  private Durations() {}

  public static Duration of(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }
}
