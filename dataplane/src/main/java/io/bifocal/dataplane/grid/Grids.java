package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.Loop;

/** Makes the grids of one cluster on one worker. Confined to the worker's loop. */
public final class Grids {
  private final Loop loop;
  private final PoolFactory pools;
  private final UpstreamStats stats;
  private final GridOptions options;

  /**
   * @param pools makes what the grids choose among
   */
  public Grids(Loop loop, PoolFactory pools, UpstreamStats stats, GridOptions options) {
    this.loop = loop;
    this.pools = pools;
    this.stats = stats;
    this.options = options;
  }

  /**
   * Connections to one host, by HTTP/3 and over TCP.
   *
   * @param settings of the pools over TCP; those of HTTP/3 differ in nothing else
   * @param sni the server name that connections ask for, or empty
   */
  public ConnectionPool open(PoolSettings settings, String sni, Host host) {
    ConnectSettings connect = settings.connect();
    RacePlanner planner =
        new RacePlanner(
            settings.cluster(),
            settings.connectTimeout(),
            settings.sockets(),
            to -> TransportSocket.PLAIN, // it plans an order; each pool runs a race of its own
            connect,
            options.cache().families(),
            RaceListener.NONE);
    GridSettings obeyed =
        new GridSettings(
            options.cache(),
            planner,
            sni,
            connect.attemptDelay(),
            options.runtime()::snapshot,
            stats.http3Broken);
    return new Grid(
        loop,
        obeyed,
        new OfCluster(pools, settings, stats),
        host,
        new GridLog(settings.cluster(), host.primary()),
        stats.races.and(pools.listener()));
  }

  private record OfCluster(PoolFactory pools, PoolSettings settings, UpstreamStats stats)
      implements GridPools {
    @Override
    public ConnectionPool http3(Host host) {
      return pools.http(settings.entering(ApplicationProtocol.HTTP_3), stats, host);
    }

    @Override
    public ConnectionPool tcp(Host host) {
      return pools.http(settings.entering(settings.protocol()), stats, host);
    }
  }
}
