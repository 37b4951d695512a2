package io.bifocal.xds.file;

import io.bifocal.xds.file.Notice.Came;
import io.bifocal.xds.file.Notice.Entry;
import io.bifocal.xds.file.Notice.Lost;
import io.bifocal.xds.file.Notice.Went;
import io.bifocal.xds.file.Notice.Written;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the moves among the notices of one directory. The JDK does not tell a name that was created
 * from one that was moved there, but nobody can create a name that exists: what replaces one was
 * moved. A name that was free is looked at more closely.
 */
final class Moves {
  /** How long nobody may write to a file that came under a free name. */
  static final Duration QUIET = Duration.ofMillis(100);

  /** Names remembered as gone, whose entries may turn up again under another. */
  private static final int MAX_GONE = 64;

  private final Loop loop;
  private final Consumer<String> moved;
  private final Runnable lost;
  private final Map<String, Entry> present;
  private final Map<Object, String> gone = new LinkedHashMap<>();
  private final Map<String, Loop.Timer> undecided = new HashMap<>();

  /**
   * @param present what was there when the watch began
   * @param moved hears the name of what was moved
   * @param lost runs when moves may have been missed
   */
  Moves(Loop loop, Map<String, Entry> present, Consumer<String> moved, Runnable lost) {
    this.loop = loop;
    this.present = new HashMap<>(present);
    this.moved = moved;
    this.lost = lost;
  }

  void on(Notice notice) {
    if (notice instanceof Came came) {
      came(came.name(), came.entry());
    } else if (notice instanceof Went went) {
      went(went.name());
    } else if (notice instanceof Written written) {
      forget(written.name());
    } else if (notice instanceof Lost) {
      lost.run();
    }
  }

  private void came(String name, @Nullable Entry entry) {
    forget(name);
    boolean replaced = present.containsKey(name);
    if (entry == null) {
      if (replaced) {
        moved.accept(name);
      }
      return;
    }
    present.put(name, entry);
    String before = entry.key() == null ? null : gone.remove(entry.key());
    // A file system gives a dead file's key to the next one, often of the same name.
    boolean renamed = before != null && !before.equals(name) && !entry.filled();
    if (replaced || renamed) {
      moved.accept(name);
    } else if (entry.filled()) {
      whenQuiet(name);
    }
  }

  private void whenQuiet(String name) {
    undecided.put(
        name,
        loop.schedule(
            QUIET,
            () -> {
              undecided.remove(name);
              moved.accept(name);
            }));
  }

  private void went(String name) {
    forget(name);
    Entry entry = present.remove(name);
    if (entry != null && entry.key() != null) {
      gone.put(entry.key(), name);
      if (gone.size() > MAX_GONE) {
        gone.remove(gone.keySet().iterator().next());
      }
    }
  }

  private void forget(String name) {
    Loop.Timer timer = undecided.remove(name);
    if (timer != null) {
      timer.cancel();
    }
  }

  void close() {
    undecided.values().forEach(Loop.Timer::cancel);
    undecided.clear();
  }
}
