package io.bifocal.dataplane.transport;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The connections to upstreams that serve one client's connection alone, and end with it. Confined
 * to the worker's loop.
 *
 * <p>Source: {@code connection_pool_per_downstream_connection} of {@code
 * envoy.config.cluster.v3.Cluster}.
 */
public final class OwnConnections {
  private final Set<Runnable> ends = new LinkedHashSet<>(2);
  private boolean gone;

  /** Adds some; {@code end} ends them when the client goes, or now if it has gone. */
  public void add(Runnable end) {
    if (gone) {
      end.run();
    } else {
      ends.add(end);
    }
  }

  /** They have ended by themselves. */
  public void remove(Runnable end) {
    ends.remove(end);
  }

  /** The client's connection is closed. */
  public void clientGone() {
    gone = true;
    List<Runnable> all = List.copyOf(ends);
    ends.clear();
    all.forEach(Runnable::run);
  }
}
