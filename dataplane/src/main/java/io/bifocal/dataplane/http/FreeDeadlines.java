package io.bifocal.dataplane.http;

import io.bifocal.dataplane.overload.WorkerTimeouts;
import io.bifocal.xds.time.Loop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one connection's exchanges: as many as there have been exchanges at once, and
 * used again by the next ones.
 */
final class FreeDeadlines {
  private final Loop loop;
  private final @Nullable WorkerTimeouts reduced;
  private final ArrayDeque<Deadlines> free = new ArrayDeque<>(2);
  private boolean closed;

  FreeDeadlines(Loop loop, @Nullable WorkerTimeouts reduced) {
    this.loop = loop;
    this.reduced = reduced;
  }

  Deadlines take(Deadlines.Owner owner) {
    Deadlines known = free.poll();
    return (known == null ? Deadlines.on(loop, reduced) : known).of(owner);
  }

  /** Takes back what an exchange needs no more. */
  void give(Deadlines used) {
    used.clear();
    if (closed) {
      used.close();
    } else {
      free.push(used);
    }
  }

  /** The connection is gone. */
  void close() {
    closed = true;
    for (Deadlines one = free.poll(); one != null; one = free.poll()) {
      one.close();
    }
  }
}
