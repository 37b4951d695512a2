package io.bifocal.dataplane.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Gathers what one step changes, so that the workers hear of it at once. */
final class Publisher {
  private final ClusterTables tables;
  private final Runnable applied;
  private final Map<String, ClusterSnapshot> set = new LinkedHashMap<>();
  private final Set<String> removed = new LinkedHashSet<>();
  private int depth;

  /**
   * @param applied runs when all workers have what was published, on the loop of the last one
   */
  Publisher(ClusterTables tables, Runnable applied) {
    this.tables = tables;
    this.applied = applied;
  }

  void batch(Runnable step) {
    depth++;
    try {
      step.run();
    } finally {
      depth--;
      flush();
    }
  }

  void set(ClusterSnapshot snapshot) {
    set.put(snapshot.config().name(), snapshot);
    removed.remove(snapshot.config().name());
    flush();
  }

  void remove(String name) {
    set.remove(name);
    removed.add(name);
    flush();
  }

  private void flush() {
    if (depth > 0 || (set.isEmpty() && removed.isEmpty())) {
      return;
    }
    tables.publish(new ArrayList<>(set.values()), new ArrayList<>(removed), applied);
    set.clear();
    removed.clear();
  }
}
