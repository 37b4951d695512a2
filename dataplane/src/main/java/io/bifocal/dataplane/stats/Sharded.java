package io.bifocal.dataplane.stats;

import java.util.concurrent.atomic.AtomicReferenceArray;

/** What counters and gauges share: a name, and a cell a shard. */
abstract sealed class Sharded permits Counter, Gauge {
  private final StatName name;
  private final AtomicReferenceArray<Cell> cells;

  Sharded(StatName name, int shards) {
    this.name = name;
    this.cells = new AtomicReferenceArray<>(shards);
  }

  /** The full name, with the tags that a labelled format takes out of it. */
  public StatName name() {
    return name;
  }

  /** The cell of one shard (0 is the control loop's); to be kept by its owner. */
  public Cell at(int shard) {
    Cell cell = cells.get(shard);
    if (cell != null) {
      return cell;
    }
    cells.compareAndSet(shard, null, new Cell());
    return cells.get(shard);
  }

  /** The sum over all shards. */
  public long value() {
    long sum = 0;
    for (int i = 0; i < cells.length(); i++) {
      Cell cell = cells.get(i);
      sum += cell == null ? 0 : cell.get();
    }
    return sum;
  }

  /** Whether any shard was ever written ({@code usedonly}). */
  public boolean used() {
    for (int i = 0; i < cells.length(); i++) {
      Cell cell = cells.get(i);
      if (cell != null && cell.used()) {
        return true;
      }
    }
    return false;
  }

  void clear() {
    for (int i = 0; i < cells.length(); i++) {
      Cell cell = cells.get(i);
      if (cell != null && cell.used()) {
        cell.set(0);
      }
    }
  }
}
