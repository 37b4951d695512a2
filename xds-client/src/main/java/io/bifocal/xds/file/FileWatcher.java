package io.bifocal.xds.file;

import io.bifocal.xds.time.Loop;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Watches directories for what is moved into them. Belongs to one loop. */
public interface FileWatcher extends AutoCloseable {

  /** A directory that is watched. */
  interface Watch extends AutoCloseable {
    /** Ends it: nothing more is told. Harmless twice. */
    @Override
    void close();
  }

  /**
   * Watches from now on.
   *
   * @param name of what must be moved; null for anything
   * @param moved runs on the loop, never from within this call
   * @throws IOException when the directory cannot be watched
   */
  Watch watch(Path directory, @Nullable String name, Runnable moved) throws IOException;

  /** Ends all watches, and the thread if there is one. */
  @Override
  void close();

  /**
   * On the file system's own notices; a daemon thread is started with the first watch.
   *
   * <p>What replaces a name that was there has been moved. Under a name that was free a file is
   * taken as moved if it came with content and is left alone for a moment, and anything is that had
   * another name in the directory before; what is created or written there is not.
   */
  static FileWatcher onFileSystem(Loop loop) {
    return new SystemFileWatcher(loop);
  }
}
