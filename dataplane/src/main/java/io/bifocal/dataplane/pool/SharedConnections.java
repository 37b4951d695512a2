package io.bifocal.dataplane.pool;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Connections that are up and carry many uses at once; the oldest with room is the next. */
final class SharedConnections {
  private final List<PooledConnection> up = new ArrayList<>(1);
  private final IdleConnections unused;

  SharedConnections(Loop loop, Duration idleTimeout) {
    this.unused = new IdleConnections(loop, idleTimeout);
  }

  void add(PooledConnection connection) {
    up.add(connection);
    unused.push(connection);
  }

  void remove(PooledConnection connection) {
    up.remove(connection);
    unused.remove(connection);
  }

  /** Its last use has ended. */
  void rest(PooledConnection connection) {
    unused.push(connection);
  }

  /** One that can take another use, if there is one. */
  @Nullable PooledConnection withRoom() {
    for (int i = 0; i < up.size(); i++) {
      PooledConnection connection = up.get(i);
      if (connection.isUp() && connection.room() > 0) {
        if (connection.isUnused()) {
          unused.remove(connection);
        }
        return connection;
      }
    }
    return null;
  }

  void closeUnused() {
    unused.closeAll();
  }

  void stopWatching() {
    unused.stopWatching();
  }
}
