package io.bifocal.dataplane.cluster;

import java.time.Duration;

/** Durations of the API as those of the JDK. */
final class Durations {
  private Durations() {}

  static Duration toJava(com.google.protobuf.Duration proto) {
    return Duration.ofSeconds(proto.getSeconds(), proto.getNanos());
  }
}
