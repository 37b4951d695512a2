package io.bifocal.dataplane.cli.probe;

import java.util.stream.LongStream;

/** Of some times in nanoseconds, at least one; each is one of the times itself (nearest rank). */
record Quantiles(long p50, long p90, long p99, long max) {
  static Quantiles of(LongStream nanos) {
    long[] sorted = nanos.sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("quantiles of nothing");
    }
    return new Quantiles(
        rank(sorted, 50), rank(sorted, 90), rank(sorted, 99), sorted[sorted.length - 1]);
  }

  private static long rank(long[] sorted, int percent) {
    return sorted[(sorted.length * percent + 99) / 100 - 1];
  }
}
