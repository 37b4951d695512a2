package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import org.jspecify.annotations.Nullable;

/** Counters that are made when there is something to count: of most of them there never is. */
record RareCounts(Scope scope, int shard) {

  RareCount counter(String name) {
    return new RareCount(name);
  }

  /** One of them. */
  final class RareCount {
    private final String name;
    private @Nullable Cell cell;

    private RareCount(String name) {
      this.name = name;
    }

    void inc() {
      add(1);
    }

    void add(int n) {
      if (cell == null) {
        cell = scope.counter(name).at(shard);
      }
      cell.add(n);
    }
  }
}
