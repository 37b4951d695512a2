package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;

/**
 * Envoy's {@code filesystem.*}, and {@code filesystem.write_dropped} for lines that a full buffer
 * did not take. The writer's thread counts; the control loop, whose shard it is, adds.
 */
final class FilesystemStats {
  private final Loop control;
  private final Counter flushedByTimer;
  private final Counter reopenFailed;
  private final Counter writeBuffered;
  private final Counter writeCompleted;
  private final Counter writeFailed;
  private final Counter writeDropped;
  private final Gauge totalBuffered;

  FilesystemStats(Scope root, Loop control) {
    this.control = control;
    Scope scope = root.scope("filesystem");
    flushedByTimer = scope.counter("flushed_by_timer");
    reopenFailed = scope.counter("reopen_failed");
    writeBuffered = scope.counter("write_buffered");
    writeCompleted = scope.counter("write_completed");
    writeFailed = scope.counter("write_failed");
    writeDropped = scope.counter("write_dropped");
    totalBuffered = scope.gauge("write_total_buffered");
  }

  void flushedByTimer() {
    control.execute(flushedByTimer::inc);
  }

  void reopenFailed() {
    control.execute(reopenFailed::inc);
  }

  void lines(long buffered, long dropped) {
    if (buffered > 0 || dropped > 0) {
      control.execute(
          () -> {
            writeBuffered.add(buffered);
            writeDropped.add(dropped);
          });
    }
  }

  void written(int completed, int failed) {
    if (completed > 0 || failed > 0) {
      control.execute(
          () -> {
            writeCompleted.add(completed);
            writeFailed.add(failed);
          });
    }
  }

  void pending(long bytes) {
    control.execute(() -> totalBuffered.set(bytes));
  }
}
