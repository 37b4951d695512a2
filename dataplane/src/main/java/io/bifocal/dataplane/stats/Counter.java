package io.bifocal.dataplane.stats;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Only ever grows. */
public final class Counter extends Sharded {
  private volatile @Nullable LongSupplier source;
  private volatile long zero;

  Counter(ScopeName scope, String local) {
    super(scope, local);
  }

  /** Adds one, from the control loop. */
  public void inc() {
    at(StatsStore.CONTROL).inc();
  }

  /** Adds {@code n}, from the control loop. */
  public void add(long n) {
    at(StatsStore.CONTROL).add(n);
  }

  /** From now on the count is asked for when it is read, from any thread. */
  public void read(LongSupplier from) {
    source = from;
  }

  @Override
  public long value() {
    LongSupplier from = source;
    return from == null ? super.value() : from.getAsLong() - zero;
  }

  @Override
  public boolean used() {
    return source == null ? super.used() : value() != 0;
  }

  @Override
  void clear() {
    LongSupplier from = source;
    if (from == null) {
      super.clear();
    } else {
      zero = from.getAsLong();
    }
  }
}
