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
  private boolean watching;

  /**
   * @param timeout zero for ever
   */
  IdleConnections(Loop loop, Duration timeout) {
    this.loop = loop;
    this.timeout = timeout;
  }

  void push(PooledConnection connection) {
    connections.addFirst(connection);
    watch();
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

  private void watch() {
    PooledConnection oldest = connections.peekLast();
    if (watching || timeout.isZero() || oldest == null) {
      return;
    }
    watching = true;
    long left = oldest.idleSince() + timeout.toNanos() - loop.nanoTime();
    var unused = loop.schedule(Duration.ofNanos(Math.max(0, left)), this::closeOld);
  }

  private void closeOld() {
    watching = false;
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
