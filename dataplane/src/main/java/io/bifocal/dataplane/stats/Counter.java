package io.bifocal.dataplane.stats;

/** Only ever grows. */
public final class Counter extends Sharded {
  Counter(StatName name, int shards) {
    super(name, shards);
  }

  /** Adds one, from the control loop. */
  public void inc() {
    at(StatsStore.CONTROL).inc();
  }

  /** Adds {@code n}, from the control loop. */
  public void add(long n) {
    at(StatsStore.CONTROL).add(n);
  }
}
