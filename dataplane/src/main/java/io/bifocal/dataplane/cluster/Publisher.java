package io.bifocal.dataplane.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Gathers what one step changes, so that the workers hear of it at once. */
final class Publisher {
  private final ClusterTables tables;
  private final Consumer<List<String>> gone;
  private final Map<String, ClusterSnapshot> set = new LinkedHashMap<>();
  private final Set<String> removed = new LinkedHashSet<>();
  private int depth;

  /**
   * @param gone hears the names of removed clusters when no worker has them any longer, on a
   *     worker's loop
   */
  Publisher(ClusterTables tables, Consumer<List<String>> gone) {
    this.tables = tables;
    this.gone = gone;
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
    List<String> names = List.copyOf(removed);
    tables.publish(
        new ArrayList<>(set.values()),
        names,
        () -> {
          if (!names.isEmpty()) {
            gone.accept(names);
          }
        });
    set.clear();
    removed.clear();
  }
}
