package io.bifocal.dataplane.tcp;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What may run out for one connection, and when it is logged again. Confined to the worker's loop.
 */
final class SessionTimers {
  private final TcpSession session;
  private final TcpProxyConfig config;
  private final Loop loop;
  private Loop.@Nullable Timer idle;
  private Loop.@Nullable Timer duration;
  private Loop.@Nullable Timer log;
  private long lastActivity;

  SessionTimers(TcpSession session, TcpProxyConfig config, Loop loop) {
    this.session = session;
    this.config = config;
    this.loop = loop;
  }

  /** The client is here. */
  void begin() {
    if (!config.maxDuration().isZero()) {
      duration = loop.schedule(config.maxDuration(), session::onMaxDuration);
    }
    startLog();
  }

  private void startLog() {
    Duration interval = config.logMoments().interval();
    if (!interval.isZero()) {
      log =
          loop.schedule(
              interval,
              () -> {
                session.logPeriodic();
                startLog();
              });
    }
  }

  /** It is joined to an upstream: from now on bytes are to pass. */
  void joined() {
    touch();
    startIdle(config.idleTimeout());
  }

  /** Something passes; when, as the loop counts. */
  long touch() {
    lastActivity = loop.nanoTime();
    return lastActivity;
  }

  /** When something passed. */
  long lastActivity() {
    return lastActivity;
  }

  // The timer is left to run: it looks when it fires whether it is time.
  private void startIdle(Duration in) {
    if (!config.idleTimeout().isZero()) {
      idle = loop.schedule(in, this::checkIdle);
    }
  }

  private void checkIdle() {
    Duration since = Duration.ofNanos(loop.nanoTime() - lastActivity);
    if (since.compareTo(config.idleTimeout()) < 0) {
      startIdle(config.idleTimeout().minus(since));
    } else {
      session.onIdle();
    }
  }

  /** The client is gone; what it sent may still be on its way. */
  void end() {
    cancel(duration);
    cancel(log);
  }

  /** Nothing is on its way any more. */
  void flushed() {
    cancel(idle);
  }

  private static void cancel(Loop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
