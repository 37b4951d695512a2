package io.bifocal.dataplane.stats;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Goes up and down. */
public final class Gauge extends Sharded {
  private volatile @Nullable LongSupplier source;

  Gauge(ScopeName scope, String local) {
    super(scope, local);
  }

  /** Sets the whole, from the control loop; for gauges that no worker touches. */
  public void set(long value) {
    at(StatsStore.CONTROL).set(value);
  }

  /** Adds {@code n}, from the control loop. */
  public void add(long n) {
    at(StatsStore.CONTROL).add(n);
  }

  /** From now on the value is asked for when it is read, from any thread. */
  public void read(LongSupplier from) {
    source = from;
  }

  @Override
  public long value() {
    LongSupplier from = source;
    return from == null ? super.value() : from.getAsLong();
  }

  @Override
  public boolean used() {
    return source == null ? super.used() : value() != 0;
  }
}
