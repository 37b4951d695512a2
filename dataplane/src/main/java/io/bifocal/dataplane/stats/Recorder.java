package io.bifocal.dataplane.stats;

import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * What one shard records of a distribution. The first values are kept as they are, for most of a
 * thousand clusters' distributions never get more; only then there is a histogram. One thread
 * writes; readers, one at a time, see to the rest.
 */
final class Recorder {
  private static final int FEW = 8;

  private final long[] few = new long[FEW];
  private volatile int count;
  private volatile @Nullable SingleWriterRecorder many;

  // The reader's: where among the few an interval ended, the last one and the one before it.
  private int ended;
  private int endedBefore;

  void record(long value) {
    int n = count;
    if (n < FEW) {
      few[n] = value;
      count = n + 1;
      return;
    }
    SingleWriterRecorder recorder = many;
    if (recorder == null) {
      recorder = new SingleWriterRecorder(Histogram.DIGITS);
      many = recorder;
    }
    recorder.recordValue(value);
  }

  boolean used() {
    return count > 0;
  }

  /** What is recorded beyond the first few; null while there is nothing. */
  @Nullable SingleWriterRecorder many() {
    return many;
  }

  void addFew(org.HdrHistogram.Histogram to) {
    add(0, count, to);
  }

  void addFewOfInterval(org.HdrHistogram.Histogram to) {
    add(endedBefore, ended, to);
  }

  private void add(int from, int end, org.HdrHistogram.Histogram to) {
    for (int i = from; i < end; i++) {
      to.recordValue(few[i]);
    }
  }

  void endInterval() {
    endedBefore = ended;
    ended = count;
  }
}
