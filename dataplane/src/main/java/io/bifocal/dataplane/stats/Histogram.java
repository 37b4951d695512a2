package io.bifocal.dataplane.stats;

import java.util.Arrays;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/** A distribution of whole numbers (milliseconds, bytes); recorded by shard, merged when read. */
public final class Histogram extends Statistic {
  static final int DIGITS = 2;

  private static final Recorder[] NONE = {};

  private final Unit unit;

  /** Never changed once it is here; a shard that recorded nothing has null, or is beyond. */
  private volatile @Nullable Recorder[] recorders = NONE;

  private @Nullable Many many;

  /** What was recorded beyond the first values. */
  private static final class Many {
    final org.HdrHistogram.Histogram total = new org.HdrHistogram.Histogram(DIGITS);
    org.HdrHistogram.Histogram thisInterval = new org.HdrHistogram.Histogram(DIGITS);
    org.HdrHistogram.Histogram lastInterval = new org.HdrHistogram.Histogram(DIGITS);
  }

  Histogram(ScopeName scope, String local, Unit unit) {
    super(scope, local);
    this.unit = unit;
  }

  public Unit unit() {
    return unit;
  }

  /** Records a value; to be called by the shard's owner. */
  public void record(int shard, long value) {
    @Nullable Recorder[] now = recorders;
    Recorder recorder = shard < now.length ? now[shard] : null;
    if (recorder == null) {
      recorder = add(shard);
    }
    recorder.record(Math.max(0, value));
  }

  private synchronized Recorder add(int shard) {
    Recorder fresh = new Recorder();
    @Nullable Recorder[] next = Arrays.copyOf(recorders, Math.max(recorders.length, shard + 1));
    next[shard] = fresh;
    recorders = next;
    return fresh;
  }

  /** Whether anything was ever recorded. */
  public boolean used() {
    for (Recorder recorder : recorders) {
      if (recorder != null && recorder.used()) {
        return true;
      }
    }
    return false;
  }

  /** Everything recorded so far, as a copy. */
  public synchronized org.HdrHistogram.Histogram cumulative() {
    Many gathered = gather();
    org.HdrHistogram.Histogram all =
        gathered == null ? new org.HdrHistogram.Histogram(DIGITS) : gathered.total.copy();
    for (Recorder recorder : recorders) {
      if (recorder != null) {
        recorder.addFew(all);
      }
    }
    return all;
  }

  /** What was recorded in the last interval that is over, as a copy. */
  public synchronized org.HdrHistogram.Histogram interval() {
    org.HdrHistogram.Histogram last =
        many == null ? new org.HdrHistogram.Histogram(DIGITS) : many.lastInterval.copy();
    for (Recorder recorder : recorders) {
      if (recorder != null) {
        recorder.addFewOfInterval(last);
      }
    }
    return last;
  }

  /** Ends an interval and starts the next one. */
  synchronized void endInterval() {
    Many gathered = gather();
    if (gathered != null
        && (gathered.thisInterval.getTotalCount() > 0
            || gathered.lastInterval.getTotalCount() > 0)) {
      org.HdrHistogram.Histogram recycled = gathered.lastInterval;
      gathered.lastInterval = gathered.thisInterval;
      recycled.reset();
      gathered.thisInterval = recycled;
    }
    for (Recorder recorder : recorders) {
      if (recorder != null) {
        recorder.endInterval();
      }
    }
  }

  private @Nullable Many gather() {
    for (Recorder recorder : recorders) {
      SingleWriterRecorder beyond = recorder == null ? null : recorder.many();
      if (beyond != null) {
        if (many == null) {
          many = new Many();
        }
        org.HdrHistogram.Histogram fresh = beyond.getIntervalHistogram();
        many.total.add(fresh);
        many.thisInterval.add(fresh);
      }
    }
    return many;
  }

  /** What the values count. */
  public enum Unit {
    UNSPECIFIED,
    MILLISECONDS,
    MICROSECONDS,
    BYTES
  }
}
