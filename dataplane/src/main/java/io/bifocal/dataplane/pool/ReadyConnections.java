package io.bifocal.dataplane.pool;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The connections of a pool that can take a use at once: those shared by many, then idle ones. */
final class ReadyConnections {
  private final IdleConnections idle;
  // Null where none is shared.
  private final @Nullable SharedConnections shared;

  ReadyConnections(Loop loop, Duration idleTimeout, boolean sharing) {
    this.idle = new IdleConnections(loop, idleTimeout);
    this.shared = sharing ? new SharedConnections(loop, idleTimeout) : null;
  }

  /** Whether some may be shared. */
  boolean isSharing() {
    return shared != null;
  }

  /** One is up that carries one use after the other; {@link #watch} follows. */
  void addIdle(PooledConnection connection) {
    idle.add(connection);
  }

  /** One is up that carries many uses at once. */
  void addShared(PooledConnection connection) {
    if (shared != null) {
      shared.add(connection);
    }
  }

  /** A use has ended that was the only one. */
  void rest(PooledConnection connection) {
    if (shared != null) {
      shared.rest(connection);
    }
  }

  /** The same of one that carries one use after the other. */
  void push(PooledConnection connection) {
    idle.push(connection);
  }

  void remove(PooledConnection connection) {
    idle.remove(connection);
    if (shared != null) {
      shared.remove(connection);
    }
  }

  /** The one that is next to be used, if there is any; an idle one is taken out. */
  @Nullable PooledConnection poll() {
    PooledConnection connection = shared == null ? null : shared.withRoom();
    return connection == null ? idle.poll() : connection;
  }

  /** Closes those that nobody uses. */
  void closeUnused() {
    idle.closeAll();
    if (shared != null) {
      shared.closeUnused();
    }
  }

  /** Sees to it that the oldest idle one is closed in time. */
  void watch() {
    idle.watch();
  }

  void stopWatching() {
    idle.stopWatching();
    if (shared != null) {
      shared.stopWatching();
    }
  }
}
