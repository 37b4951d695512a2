package io.bifocal.xds.time;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link Loop} on a daemon thread of its own, on the system's clock. */
public final class ThreadLoop implements Loop, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ThreadLoop.class);

  private final String name;
  private final ScheduledThreadPoolExecutor executor;
  private volatile @Nullable Thread thread;

  private ThreadLoop(String name) {
    this.name = name;
    this.executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread t = new Thread(task, name);
              t.setDaemon(true);
              thread = t;
              return t;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Starts a loop whose thread bears {@code name}. */
  public static ThreadLoop start(String name) {
    return new ThreadLoop(name);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Instant wallTime() {
    return Instant.now();
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(guarded(task));
    } catch (RejectedExecutionException closed) {
      log.debug("{} is closed; a task is dropped", name);
    }
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    try {
      Future<?> pending = executor.schedule(guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> pending.cancel(false);
    } catch (RejectedExecutionException closed) {
      return () -> {};
    }
  }

  // A task that throws must not end the loop: it is reported, and the next one runs.
  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable t) {
        log.error("a task on {} failed", name, t);
      }
    };
  }

  /** Ends the loop: what is queued runs, timers do not; waits up to five seconds for the thread. */
  @Override
  public void close() {
    executor.shutdown();
    if (inLoop()) {
      return;
    }
    try {
      if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
        executor.shutdownNow();
      }
    } catch (InterruptedException e) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "loop " + name;
  }
}
