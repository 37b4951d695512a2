package io.bifocal.dataplane.stats;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A counter or a gauge: a number, with a cell for each shard that ever asked for one. */
public abstract sealed class Sharded extends Statistic permits Counter, Gauge {
  private static final Cell[] NONE = {};

  /** Never changed once it is here; a shard without a cell has null, or is beyond the end. */
  private volatile @Nullable Cell[] cells = NONE;

  Sharded(ScopeName scope, String local) {
    super(scope, local);
  }

  /** The cell of one shard (0 is the control loop's); to be kept by its owner. */
  public Cell at(int shard) {
    @Nullable Cell[] now = cells;
    Cell cell = shard < now.length ? now[shard] : null;
    return cell == null ? add(shard) : cell;
  }

  private synchronized Cell add(int shard) {
    Cell known = shard < cells.length ? cells[shard] : null;
    if (known != null) {
      return known;
    }
    Cell fresh = new Cell();
    @Nullable Cell[] next = Arrays.copyOf(cells, Math.max(cells.length, shard + 1));
    next[shard] = fresh;
    cells = next;
    return fresh;
  }

  /** The sum over all shards. */
  public long value() {
    long sum = 0;
    for (Cell cell : cells) {
      sum += cell == null ? 0 : cell.get();
    }
    return sum;
  }

  /** Whether any shard was ever written ({@code usedonly}). */
  public boolean used() {
    for (Cell cell : cells) {
      if (cell != null && cell.used()) {
        return true;
      }
    }
    return false;
  }

  void clear() {
    for (Cell cell : cells) {
      if (cell != null && cell.used()) {
        cell.set(0);
      }
    }
  }
}
