package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One worker's pools to one host: one for each of the uses that must not share connections. */
final class HostPools {
  private static final int PROTOCOLS = 3;

  private static final int HTTP_KINDS = 2 * PROTOCOLS;

  /** Whose connections: a part of the array's index. */
  private static final int CONTROL = HTTP_KINDS;

  private static final int TCP = CONTROL + 1;

  private final @Nullable ConnectionPool[] pools = new ConnectionPool[TCP + 1];
  // Most hosts have none.
  private Map<Wanted, ConnectionPool> wanted = Map.of();

  /** What a pool is for whose connections serve only those who want the same. */
  private record Wanted(int use, TransportSocketOptions options) {}

  /** What the pool is for requests of a priority, by HTTP/2, HTTP/3, or whatever else. */
  static int http(RoutingPriority priority, ApplicationProtocol protocol) {
    int kind =
        switch (protocol) {
          case HTTP_2 -> 1;
          case HTTP_3 -> 2;
          default -> 0;
        };
    return (priority == RoutingPriority.HIGH ? PROTOCOLS : 0) + kind;
  }

  /** What of the three is spoken, where clients decide. */
  static ApplicationProtocol protocol(int use) {
    if (use >= HTTP_KINDS) {
      return ApplicationProtocol.HTTP_1_1;
    }
    return switch (use % PROTOCOLS) {
      case 1 -> ApplicationProtocol.HTTP_2;
      case 2 -> ApplicationProtocol.HTTP_3;
      default -> ApplicationProtocol.HTTP_1_1;
    };
  }

  /** What it is for channels to a control plane. */
  static int control() {
    return CONTROL;
  }

  static int tcp() {
    return TCP;
  }

  /** The priority whose limits hold for what a pool is for. */
  static RoutingPriority priority(int use) {
    return use >= PROTOCOLS && use < HTTP_KINDS ? RoutingPriority.HIGH : RoutingPriority.DEFAULT;
  }

  /**
   * The one that there is, if there is one.
   *
   * @param options what its connections must be like; null for as the cluster has it
   */
  @Nullable ConnectionPool get(int use, @Nullable TransportSocketOptions options) {
    if (options == null) {
      return pools[use];
    }
    return wanted.isEmpty() ? null : wanted.get(new Wanted(use, options));
  }

  void put(int use, @Nullable TransportSocketOptions options, ConnectionPool pool) {
    if (options == null) {
      pools[use] = pool;
      return;
    }
    if (wanted.isEmpty()) {
      wanted = new HashMap<>();
    }
    wanted.put(new Wanted(use, options), pool);
  }

  /** Forgets it; false when it was forgotten before. */
  boolean remove(int use, @Nullable TransportSocketOptions options, ConnectionPool pool) {
    if (options != null) {
      return !wanted.isEmpty() && wanted.remove(new Wanted(use, options), pool);
    }
    if (!pool.equals(pools[use])) {
      return false;
    }
    pools[use] = null;
    return true;
  }

  void update(Host host) {
    forEach(pool -> pool.update(host));
  }

  void forEach(Consumer<ConnectionPool> action) {
    for (ConnectionPool pool : pools) {
      if (pool != null) {
        action.accept(pool);
      }
    }
    List.copyOf(wanted.values()).forEach(action); // one may go while it is told
  }

  /** All of them, of which it knows none any longer. */
  List<ConnectionPool> takeAll() {
    List<ConnectionPool> all = new ArrayList<>();
    forEach(all::add);
    Arrays.fill(pools, null);
    wanted = Map.of();
    return all;
  }

  /** Closes a pool that nobody uses, if there is one of this priority. */
  boolean freeOne(RoutingPriority priority) {
    for (int use = 0; use < pools.length; use++) {
      ConnectionPool pool = pools[use];
      if (pool != null && priority(use) == priority && pool.load().isIdle()) {
        pools[use] = null;
        pool.close();
        return true;
      }
    }
    for (Map.Entry<Wanted, ConnectionPool> entry : wanted.entrySet()) {
      ConnectionPool pool = entry.getValue();
      if (priority(entry.getKey().use) == priority && pool.load().isIdle()) {
        wanted.remove(entry.getKey()); // first: one that is forgotten frees nothing more
        pool.close();
        return true;
      }
    }
    return false;
  }

  int count(RoutingPriority priority) {
    int count = 0;
    for (int use = 0; use < pools.length; use++) {
      count += pools[use] != null && priority(use) == priority ? 1 : 0;
    }
    for (Wanted use : wanted.keySet()) {
      count += priority(use.use) == priority ? 1 : 0;
    }
    return count;
  }
}
