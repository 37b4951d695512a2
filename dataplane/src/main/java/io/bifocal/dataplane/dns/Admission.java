package io.bifocal.dataplane.dns;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many look-ups run at a time; the others wait, in order. What waits is bounded by the
 * names of the configuration, each of which is asked for once at a time. Confined to the control
 * loop.
 */
final class Admission {
  private final int most;
  private final ResolverStats stats;
  private final Queue<Entry> waiting = new ArrayDeque<>();
  private int inside;

  Admission(int most, ResolverStats stats) {
    this.most = most;
    this.stats = stats;
  }

  /** A ticket for one look-up. */
  Entry entry() {
    return new Entry();
  }

  /** One look-up's way in and out. */
  final class Entry {
    private @Nullable Runnable start;
    private boolean inside;

    /** Runs {@code lookup} as soon as there is room, maybe within this call. To be called once. */
    void enter(Runnable lookup) {
      start = lookup;
      if (Admission.this.inside < most) {
        admit();
      } else {
        waiting.add(this);
        stats.waiting(1);
      }
    }

    private void admit() {
      Admission.this.inside++;
      inside = true;
      if (start != null) {
        start.run();
      }
    }

    /** The look-up is over, or not wanted any longer, wherever it is. Harmless afterwards. */
    void leave() {
      if (waiting.remove(this)) {
        stats.waiting(-1);
      }
      if (!inside) {
        return;
      }
      inside = false;
      Admission.this.inside--;
      Entry next = waiting.poll();
      if (next != null) {
        stats.waiting(-1);
        next.admit();
      }
    }
  }
}
