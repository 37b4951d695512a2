package io.bifocal.xds.time;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * A {@link Loop} whose clock moves only when told to. Tasks run inside {@link #run} and {@link
 * #advance}, never inside {@code execute} or {@code schedule}; timers that are due at one instant
 * run in the order in which they were set. Not thread-safe: it belongs to the test's thread.
 */
public final class VirtualTime implements Loop {
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  private record Pending(long due, long order, Runnable task) {}

  private final Queue<Runnable> ready = new ArrayDeque<>();
  private final PriorityQueue<Pending> timers =
      new PriorityQueue<>(Comparator.comparingLong(Pending::due).thenComparing(Pending::order));
  private long now;
  private long scheduled;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Instant wallTime() {
    return EPOCH.plusNanos(now);
  }

  @Override
  public boolean inLoop() {
    return true;
  }

  @Override
  public void execute(Runnable task) {
    ready.add(task);
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    Pending pending = new Pending(now + Math.max(0, delay.toNanos()), scheduled++, task);
    timers.add(pending);
    return () -> timers.remove(pending);
  }

  /** Moves the clock within a task, which takes so long: what becomes due runs after it. */
  public void elapse(Duration time) {
    now += time.toNanos();
  }

  /** Runs what is due now, and what that makes due, without moving the clock. */
  public void run() {
    advance(Duration.ZERO);
  }

  /** Moves the clock forward, stopping at every timer on the way. */
  public void advance(Duration by) {
    long target = now + by.toNanos();
    drain();
    while (!timers.isEmpty() && timers.peek().due() <= target) {
      Pending next = timers.remove();
      now = Math.max(now, next.due());
      next.task().run();
      drain();
    }
    now = Math.max(now, target);
  }

  /** How long the clock has run since this loop was made. */
  public Duration elapsed() {
    return Duration.ofNanos(now);
  }

  /** Timers that are still pending: zero when nothing was forgotten. */
  public int pendingTimers() {
    return timers.size();
  }

  private void drain() {
    for (Runnable task = ready.poll(); task != null; task = ready.poll()) {
      task.run();
    }
  }
}
