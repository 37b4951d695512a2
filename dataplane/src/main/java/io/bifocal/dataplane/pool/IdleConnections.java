package io.bifocal.dataplane.pool;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Connections that nobody uses, the most recently used first. One timer watches the oldest of them,
 * so that taking and giving back costs no timer.
 */
final class IdleConnections {
  private final Loop loop;
  private final Duration timeout;
  private final Deque<PooledConnection> connections = new ArrayDeque<>();
  private Loop.@Nullable Timer watch;

  /**
   * @param timeout zero for ever
   */
  IdleConnections(Loop loop, Duration timeout) {
    this.loop = loop;
    this.timeout = timeout;
  }

  void push(PooledConnection connection) {
    add(connection);
    watch();
  }

  /** The same for one that is likely to be taken at once; if it is not, {@link #watch} follows. */
  void add(PooledConnection connection) {
    connections.addFirst(connection);
  }

  /** Takes the most recently used one, if there is one. */
  @Nullable PooledConnection poll() {
    PooledConnection connection = connections.pollFirst();
    while (connection != null && !connection.isUp()) {
      connection = connections.pollFirst();
    }
    return connection;
  }

  void remove(PooledConnection connection) {
    connections.remove(connection);
  }

  /** Closes all of them. */
  void closeAll() {
    for (PooledConnection c = connections.pollFirst(); c != null; c = connections.pollFirst()) {
      c.close();
    }
    stopWatching();
  }

  /** None will come: no timer is left that would keep their pool in memory. */
  void stopWatching() {
    if (watch != null) {
      watch.cancel();
      watch = null;
    }
  }

  /** Sees to it that the oldest is closed in time. */
  void watch() {
    PooledConnection oldest = connections.peekLast();
    if (watch != null || timeout.isZero() || oldest == null) {
      return;
    }
    long left = oldest.idleSince() + timeout.toNanos() - loop.nanoTime();
    watch = loop.schedule(Duration.ofNanos(Math.max(0, left)), this::closeOld);
  }

  private void closeOld() {
    watch = null;
    long expired = loop.nanoTime() - timeout.toNanos();
    for (PooledConnection oldest = connections.peekLast();
        oldest != null && oldest.idleSince() - expired <= 0;
        oldest = connections.peekLast()) {
      connections.removeLast();
      oldest.timedOutIdle();
    }
    watch();
  }
}
