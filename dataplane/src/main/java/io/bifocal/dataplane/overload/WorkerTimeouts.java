package io.bifocal.dataplane.overload;

import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig.TimerType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One worker's timeouts that may be reduced while they run. Confined to its loop. */
public final class WorkerTimeouts {
  private final Loop loop;
  private final ReducedTimeouts how;
  private final Set<Running> running = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Who has timeouts that run. */
  @FunctionalInterface
  public interface Running {
    /** They come to less now, or to more. */
    void onReduced();
  }

  WorkerTimeouts(Loop loop, ReducedTimeouts how) {
    this.loop = loop;
    this.how = how;
  }

  /** Who is to hear of changes, until it is removed. */
  public void add(Running one) {
    loop.assertInLoop();
    running.add(one);
  }

  public void remove(Running one) {
    loop.assertInLoop();
    running.remove(one);
  }

  /** What a timeout comes to as things are, of so many nanoseconds. */
  public long reduced(TimerType which, long whole) {
    return how.reduced(which, whole);
  }

  /** As {@link Loop#schedule}. */
  public Loop.Timer schedule(TimerType which, Duration whole, Runnable task) {
    One timer = new One(which, whole.toNanos(), task);
    add(timer);
    timer.onReduced();
    return timer;
  }

  void changed() {
    loop.execute(() -> new ArrayList<>(running).forEach(Running::onReduced));
  }

  /** A single timeout. */
  private final class One implements Running, Loop.Timer {
    private final TimerType which;
    private final long whole;
    private final long began = loop.nanoTime();
    private final Runnable task;
    private Loop.@Nullable Timer timer;

    One(TimerType which, long whole, Runnable task) {
      this.which = which;
      this.whole = whole;
      this.task = task;
    }

    @Override
    public void onReduced() {
      if (timer != null) {
        timer.cancel();
      }
      long left = began + reduced(which, whole) - loop.nanoTime();
      timer = loop.schedule(Duration.ofNanos(Math.max(0, left)), this::run);
    }

    private void run() {
      timer = null;
      remove(this);
      task.run();
    }

    @Override
    public void cancel() {
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
      remove(this);
    }
  }
}
