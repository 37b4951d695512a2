package io.bifocal.dataplane.cluster;

import io.bifocal.xds.Hold;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what changes, so that the workers hear of it at once: what one step changes when the step
 * is over, and what changes beside any step (a response brings the endpoints of thousands of
 * clusters, one by one) when the loop's task is over. Until then no acknowledgement goes out.
 */
final class Publisher {
  private final ClusterTables tables;
  private final Loop control;
  private final Supplier<Hold> acknowledgements;
  private final Runnable applied;
  private final Map<String, ClusterSnapshot> set = new LinkedHashMap<>();
  private final Set<String> removed = new LinkedHashSet<>();
  private int depth;
  private @Nullable Hold waiting;

  /**
   * @param acknowledgements holds them back
   * @param applied runs when all workers have what was published, on the loop of the last one
   */
  Publisher(ClusterTables tables, Loop control, Supplier<Hold> acknowledgements, Runnable applied) {
    this.tables = tables;
    this.control = control;
    this.acknowledgements = acknowledgements;
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
    flushAfterThisTask();
  }

  void remove(String name) {
    set.remove(name);
    removed.add(name);
    flushAfterThisTask();
  }

  private void flushAfterThisTask() {
    if (depth == 0 && waiting == null) {
      waiting = acknowledgements.get();
      control.execute(this::flush);
    }
  }

  /** Publishes now, unless a step is under way. */
  void flush() {
    if (depth > 0) {
      return;
    }
    if (!set.isEmpty() || !removed.isEmpty()) {
      tables.publish(new ArrayList<>(set.values()), new ArrayList<>(removed), applied);
      set.clear();
      removed.clear();
    }
    Hold over = waiting;
    waiting = null;
    if (over != null) {
      over.close();
    }
  }
}
