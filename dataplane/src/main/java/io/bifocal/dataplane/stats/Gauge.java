package io.bifocal.dataplane.stats;

/** Goes up and down. */
public final class Gauge extends Sharded {
  Gauge(StatName name, int shards) {
    super(name, shards);
  }

  /** Sets the whole, from the control loop; for gauges that no worker touches. */
  public void set(long value) {
    at(StatsStore.CONTROL).set(value);
  }

  /** Adds {@code n}, from the control loop. */
  public void add(long n) {
    at(StatsStore.CONTROL).add(n);
  }
}
