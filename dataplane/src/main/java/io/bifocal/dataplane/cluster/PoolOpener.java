package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.grid.GridOptions;
import io.bifocal.dataplane.grid.Grids;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.OwnConnections;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import org.jspecify.annotations.Nullable;

/**
 * Opens a cluster's pools to its hosts, each with the sockets that its users want, as many as its
 * circuit breakers have it. On one worker.
 */
final class PoolOpener {
  private final PoolFactory factory;
  private final UpstreamStats stats;
  private final TransportSocketFactory.PerWorker transport;
  // Null where HTTP/3 is not tried before anything else.
  private final @Nullable Grids grids;

  PoolOpener(
      Loop loop,
      HttpOptions http,
      PoolFactory factory,
      UpstreamStats stats,
      TransportSocketFactory.PerWorker transport) {
    this.factory = factory;
    this.stats = stats;
    this.transport = transport;
    GridOptions grid = http.grid();
    this.grids = grid == null ? null : new Grids(loop, factory, stats, grid);
  }

  /** Whether some sockets tell upstreams of clients. */
  boolean tellsOfClients() {
    return transport.tellsOfClients();
  }

  /** Whether another version of a host is not to be spoken to as the one before. */
  boolean hasOtherSockets(@Nullable Host before, Host now) {
    return before != null
        && transport instanceof MatchedSockets.Choice matched
        && !matched.same(before, now);
  }

  /**
   * Opens one; null when there are as many as there may be.
   *
   * @param among the host's, one of which may have to go
   * @param options what its connections must be like; null for as the cluster has it
   */
  @Nullable ConnectionPool open(
      ClusterSnapshot of,
      Host host,
      HostPools among,
      int use,
      @Nullable TransportSocketOptions options) {
    RoutingPriority priority = HostPools.priority(use);
    CircuitBreakers.Limit limit = of.breakers().of(priority).pools();
    if (!limit.tryAcquire() && !among.freeOne(priority)) { // what is freed had taken one of them
      stats.cxPoolOverflow.inc();
      return null;
    }
    TransportSocketFactory.PerWorker sockets =
        transport instanceof MatchedSockets.Choice matched ? matched.of(host) : transport;
    ConnectionPool pool =
        options == null
            ? open(settings(of, use, sockets), host, use, sockets.serverName())
            : open(
                settings(of, use, wanting(options, sockets, host)),
                host,
                use,
                serverName(options, sockets));
    among.put(use, options, pool);
    OwnConnections owner = options == null ? null : options.owner();
    Runnable end =
        () -> {
          pool.drain();
          pool.tellIfEmpty();
        };
    pool.whenEmpty(
        () -> {
          if (owner != null) {
            owner.remove(end);
          }
          forget(among, use, options, pool, limit);
        });
    if (owner != null) {
      owner.add(end); // which ends it at once when the client has gone
    }
    return pool;
  }

  private static TransportSocketFactory.PerWorker wanting(
      TransportSocketOptions options, TransportSocketFactory.PerWorker sockets, Host host) {
    return (protocol, name) -> sockets.socket(protocol, name, options, host.metadata());
  }

  private static String serverName(
      TransportSocketOptions options, TransportSocketFactory.PerWorker sockets) {
    String name = options.serverName();
    return name.isEmpty() ? sockets.serverName() : name;
  }

  /**
   * The pool itself.
   *
   * @param sni the server name that connections ask for, or empty
   */
  private ConnectionPool open(PoolSettings settings, Host host, int use, String sni) {
    if (use == HostPools.tcp()) {
      return factory.tcp(settings, stats, host);
    } else if (use == HostPools.control()) {
      return factory.http2(settings, stats, host);
    }
    return grids == null ? factory.http(settings, stats, host) : grids.open(settings, sni, host);
  }

  private static PoolSettings settings(
      ClusterSnapshot of, int use, TransportSocketFactory.PerWorker sockets) {
    ClusterConfig config = of.config();
    HttpOptions http = config.http();
    return new PoolSettings(
        config.name(),
        config.connectTimeout(),
        http.idleTimeout(),
        http.maxConnectionDuration(),
        http.maxRequests(),
        config.bufferLimit(),
        config.connections().preconnect(),
        of.breakers().of(HostPools.priority(use)),
        config.connect(),
        config.sockets(),
        sockets,
        http.asDownstream() ? HostPools.protocol(use) : http.protocol(),
        http.http2(),
        http.quic(),
        RacePlan.Purpose.SERVE);
  }

  // Of clients and names there is no end. Of other pools one without a connection must not take
  // another's place where they are few, which the runtime can make them at any time.
  private static void forget(
      HostPools among,
      int use,
      @Nullable TransportSocketOptions options,
      ConnectionPool pool,
      CircuitBreakers.Limit limit) {
    boolean goes = options != null || limit.max() != Integer.MAX_VALUE;
    if (goes && among.remove(use, options, pool)) {
      limit.release();
    }
  }
}
