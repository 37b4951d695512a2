package io.bifocal.xds;

import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.ThreadLoop;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Where a client lives and where it decodes: given, or its own, which end with it. */
final class Threads {
  private final Loop loop;
  private final Executor decode;
  private final @Nullable ThreadLoop ownLoop;
  private final @Nullable ExecutorService ownDecoder;

  /**
   * Starts what is not given.
   *
   * @param loop null for one of its own, and so {@code decode}
   */
  Threads(@Nullable Loop loop, @Nullable Executor decode) {
    ownLoop = loop == null ? ThreadLoop.start("xds") : null;
    ownDecoder = decode == null ? Executors.newSingleThreadExecutor(Threads::decoder) : null;
    this.loop = ownLoop == null ? Objects.requireNonNull(loop) : ownLoop;
    this.decode = ownDecoder == null ? Objects.requireNonNull(decode) : ownDecoder;
  }

  private static Thread decoder(Runnable task) {
    Thread thread = new Thread(task, "xds-decode");
    thread.setDaemon(true);
    return thread;
  }

  Loop loop() {
    return loop;
  }

  Executor decode() {
    return decode;
  }

  /** Runs a task on the loop: at once when called there. */
  void onLoop(Runnable task) {
    if (loop.inLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  /** Runs a last task on the loop; waits for a loop of the client's own, unless called on it. */
  void end(Runnable last) {
    onLoop(
        () -> {
          last.run();
          if (ownDecoder != null) {
            ownDecoder.shutdown();
          }
        });
    if (ownLoop != null) {
      ownLoop.close();
    }
  }
}
