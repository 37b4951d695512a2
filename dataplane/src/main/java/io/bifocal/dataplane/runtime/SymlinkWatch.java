package io.bifocal.dataplane.runtime;

import java.nio.file.Path;

/** Tells when what a path names is exchanged for something else. */
@FunctionalInterface
public interface SymlinkWatch {
  /** Nothing is ever exchanged. */
  SymlinkWatch NONE = (path, task) -> () -> {};

  /** Ends one watch. */
  @FunctionalInterface
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * From now on {@code task} runs on the control loop after another file, directory or symbolic
   * link was moved to {@code path}.
   */
  Watch watch(Path path, Runnable task);
}
