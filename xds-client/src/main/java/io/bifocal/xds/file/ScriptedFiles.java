package io.bifocal.xds.file;

import io.bifocal.xds.time.Loop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fake of {@link FileWatcher}: a test says what was moved. */
public final class ScriptedFiles implements FileWatcher {
  private record Waiter(Path directory, @Nullable String name, Runnable moved) {}

  private final Loop loop;
  private final List<Waiter> waiters = new ArrayList<>();

  public ScriptedFiles(Loop loop) {
    this.loop = loop;
  }

  @Override
  public Watch watch(Path directory, @Nullable String name, Runnable moved) {
    Waiter waiter = new Waiter(directory, name, moved);
    waiters.add(waiter);
    return () -> waiters.remove(waiter);
  }

  /** Something was moved to a place; who waits for it hears so when the loop runs. */
  public void moved(Path place) {
    for (Waiter waiter : waiters) {
      boolean meant = waiter.name() == null || place.endsWith(waiter.name());
      if (waiter.directory().equals(place.getParent()) && meant) {
        loop.execute(waiter.moved());
      }
    }
  }

  /** How many watches are open. */
  public int open() {
    return waiters.size();
  }

  @Override
  public void close() {
    waiters.clear();
  }
}
