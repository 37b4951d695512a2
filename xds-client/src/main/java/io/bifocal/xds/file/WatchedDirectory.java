package io.bifocal.xds.file;

import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One directory and all who wait for moves in it. On the loop. */
final class WatchedDirectory {
  private final class Waiter implements FileWatcher.Watch {
    final @Nullable String name;
    final Runnable moved;

    Waiter(@Nullable String name, Runnable moved) {
      this.name = name;
      this.moved = moved;
    }

    @Override
    public void close() {
      if (waiters.remove(this) && waiters.isEmpty()) {
        WatchedDirectory.this.close();
      }
    }
  }

  private final List<Waiter> waiters = new ArrayList<>();
  private final Moves moves;
  private final Consumer<WatchedDirectory> ended;

  WatchedDirectory(Loop loop, Map<String, Notice.Entry> present, Consumer<WatchedDirectory> ended) {
    this.moves = new Moves(loop, present, this::moved, () -> moved(null));
    this.ended = ended;
  }

  FileWatcher.Watch add(@Nullable String name, Runnable moved) {
    Waiter waiter = new Waiter(name, moved);
    waiters.add(waiter);
    return waiter;
  }

  void on(Notice notice) {
    moves.on(notice);
  }

  /** A null name may be any. */
  private void moved(@Nullable String name) {
    for (Waiter waiter : List.copyOf(waiters)) {
      boolean meant = name == null || waiter.name == null || waiter.name.equals(name);
      if (meant && waiters.contains(waiter)) {
        waiter.moved.run();
      }
    }
  }

  void close() {
    waiters.clear();
    moves.close();
    ended.accept(this);
  }
}
