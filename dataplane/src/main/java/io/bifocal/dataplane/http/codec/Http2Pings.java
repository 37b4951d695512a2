package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Options.KeepAlive;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Finds out a peer that has fallen silent. Any frame shows that it has not. Source: {@code
 * envoy.config.core.v3.KeepaliveSettings}.
 */
final class Http2Pings {
  /** The connection that is asked. */
  interface Line {
    void ping();

    /** The peer has not answered a ping. */
    void onPingTimeout();
  }

  private final Line connection;
  private final Loop loop;
  private final KeepAlive settings;
  private Loop.@Nullable Timer next;
  private Loop.@Nullable Timer deadline;
  private long lastHeard;

  Http2Pings(Line connection, Loop loop, KeepAlive settings) {
    this.connection = connection;
    this.loop = loop;
    this.settings = settings;
    this.lastHeard = loop.nanoTime();
  }

  void start() {
    if (settings.interval().isZero()) {
      return;
    }
    double share = 1 + settings.jitterPercent() / 100 * ThreadLocalRandom.current().nextDouble();
    next =
        loop.schedule(Duration.ofNanos((long) (settings.interval().toNanos() * share)), this::ping);
  }

  private void ping() {
    cancel(next);
    next = null;
    if (deadline == null) {
      connection.ping();
      deadline = loop.schedule(settings.timeout(), this::onTimeout);
    }
  }

  /** A request is about to be sent on a connection that had none. */
  void used() {
    long idle = settings.idleInterval().toNanos();
    if (idle > 0 && loop.nanoTime() - lastHeard >= idle) {
      ping();
    }
  }

  /** Something came. */
  void heard() {
    lastHeard = loop.nanoTime();
    if (deadline != null) {
      cancel(deadline);
      deadline = loop.schedule(settings.timeout(), this::onTimeout);
    }
  }

  /** A ping was answered. */
  void answered() {
    cancel(deadline);
    deadline = null;
    if (next == null) {
      start();
    }
  }

  private void onTimeout() {
    deadline = null;
    connection.onPingTimeout();
  }

  void stop() {
    cancel(next);
    cancel(deadline);
    next = null;
    deadline = null;
  }

  private static void cancel(Loop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
