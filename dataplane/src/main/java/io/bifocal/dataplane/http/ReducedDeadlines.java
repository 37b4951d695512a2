package io.bifocal.dataplane.http;

import io.bifocal.dataplane.overload.WorkerTimeouts;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig.TimerType;
import org.jspecify.annotations.Nullable;

/** Deadlines that come earlier when resources run short, where that is configured. */
final class ReducedDeadlines extends Deadlines implements WorkerTimeouts.Running {
  private static final Kind[] REDUCED = {
    Kind.CONNECTION_IDLE, Kind.STREAM_IDLE, Kind.CONNECTION_DURATION
  };

  private final WorkerTimeouts timeouts;
  private final Loop loop;
  // Of each that may be reduced, when it was set and for how long.
  private final long[] began = new long[REDUCED.length];
  private final long[] whole = new long[REDUCED.length];
  // Whether it hears of changes: from its first timeout on.
  private boolean running;

  ReducedDeadlines(Loop loop, WorkerTimeouts timeouts) {
    super(loop);
    this.loop = loop;
    this.timeouts = timeouts;
  }

  private static @Nullable TimerType type(Kind kind) {
    return switch (kind) {
      case CONNECTION_IDLE -> TimerType.HTTP_DOWNSTREAM_CONNECTION_IDLE;
      case STREAM_IDLE -> TimerType.HTTP_DOWNSTREAM_STREAM_IDLE;
      case CONNECTION_DURATION -> TimerType.HTTP_DOWNSTREAM_CONNECTION_MAX;
      default -> null;
    };
  }

  @Override
  void set(Kind kind, long now, long after) {
    TimerType type = type(kind);
    if (type == null || after == 0) {
      super.set(kind, now, after);
      return;
    }
    if (!running && !isClosed()) {
      running = true;
      timeouts.add(this);
    }
    for (int i = 0; i < REDUCED.length; i++) {
      if (REDUCED[i] == kind) {
        began[i] = now;
        whole[i] = after;
      }
    }
    super.set(kind, now, Math.max(1, timeouts.reduced(type, after)));
  }

  @Override
  public void onReduced() {
    long now = loop.nanoTime();
    for (int i = 0; i < REDUCED.length; i++) {
      TimerType type = type(REDUCED[i]);
      if (type != null && isSet(REDUCED[i])) {
        long left = began[i] + timeouts.reduced(type, whole[i]) - now;
        super.set(REDUCED[i], now, Math.max(1, left));
      }
    }
  }

  @Override
  void close() {
    if (running) {
      running = false;
      timeouts.remove(this);
    }
    super.close();
  }
}
