package io.bifocal.dataplane.stats;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.HdrHistogram.SingleWriterRecorder;

/** A distribution of whole numbers (milliseconds, bytes); recorded by shard, merged when read. */
public final class Histogram {
  private static final int DIGITS = 2;

  private final StatName name;
  private final Unit unit;
  private final AtomicReferenceArray<SingleWriterRecorder> recorders;
  private final org.HdrHistogram.Histogram total = new org.HdrHistogram.Histogram(DIGITS);
  private org.HdrHistogram.Histogram thisInterval = new org.HdrHistogram.Histogram(DIGITS);
  private org.HdrHistogram.Histogram lastInterval = new org.HdrHistogram.Histogram(DIGITS);

  Histogram(StatName name, Unit unit, int shards) {
    this.name = name;
    this.unit = unit;
    this.recorders = new AtomicReferenceArray<>(shards);
  }

  public StatName name() {
    return name;
  }

  public Unit unit() {
    return unit;
  }

  /** Records a value; to be called by the shard's owner. */
  public void record(int shard, long value) {
    SingleWriterRecorder recorder = recorders.get(shard);
    if (recorder == null) {
      recorder = new SingleWriterRecorder(DIGITS);
      recorders.set(shard, recorder);
    }
    recorder.recordValue(Math.max(0, value));
  }

  /** Whether anything was ever recorded. */
  public boolean used() {
    for (int i = 0; i < recorders.length(); i++) {
      if (recorders.get(i) != null) {
        return true;
      }
    }
    return false;
  }

  /** Everything recorded so far, as a copy. */
  public synchronized org.HdrHistogram.Histogram cumulative() {
    gather();
    return total.copy();
  }

  /** What was recorded in the last interval that is over, as a copy. */
  public synchronized org.HdrHistogram.Histogram interval() {
    return lastInterval.copy();
  }

  /** Ends an interval and starts the next one. */
  synchronized void endInterval() {
    gather();
    if (thisInterval.getTotalCount() > 0 || lastInterval.getTotalCount() > 0) {
      org.HdrHistogram.Histogram recycled = lastInterval;
      lastInterval = thisInterval;
      recycled.reset();
      thisInterval = recycled;
    }
  }

  private void gather() {
    for (int i = 0; i < recorders.length(); i++) {
      SingleWriterRecorder recorder = recorders.get(i);
      if (recorder != null) {
        org.HdrHistogram.Histogram fresh = recorder.getIntervalHistogram();
        total.add(fresh);
        thisInterval.add(fresh);
      }
    }
  }

  /** What the values count. */
  public enum Unit {
    UNSPECIFIED,
    MILLISECONDS,
    MICROSECONDS,
    BYTES
  }
}
