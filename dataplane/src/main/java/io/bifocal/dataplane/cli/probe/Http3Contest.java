package io.bifocal.dataplane.cli.probe;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.grid.AlternateProtocolsCache;
import io.bifocal.dataplane.grid.AlternateProtocolsOptions;
import io.bifocal.dataplane.grid.Grid;
import io.bifocal.dataplane.grid.GridPools;
import io.bifocal.dataplane.grid.GridSettings;
import io.bifocal.dataplane.grid.Origin;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.RacingPools;
import io.bifocal.dataplane.pool.Session;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.QuicOptions;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/3 first, and TCP beside it when its time is over, as a cluster does that knows its host to
 * speak HTTP/3. Each connection is made for one run: none is found.
 */
final class Http3Contest implements Contest {
  private final Loop loop;
  private final String name;
  private final Rules rules;
  private final RacingPools pools;
  private final UpstreamStats stats;
  private final Transports transports;
  private @Nullable Grid remembering;

  /**
   * @param name of the target, without its port
   */
  Http3Contest(Workers workers, String name, Rules rules, Transports transports) {
    this.loop = workers.get(0).loop();
    this.name = name;
    this.rules = rules;
    this.transports = transports;
    this.stats = new UpstreamStats(new StatsStore(1).root(), workers.get(0).shard());
    this.pools =
        new RacingPools(
            workers.get(0),
            workers.transport(),
            RaceListener.NONE,
            new OutcomeMemory(loop::nanoTime),
            Session.Factory.NONE);
  }

  @Override
  public Entry begin(Host host, Receiver receiver) {
    Grid grid = grid(host);
    Waiting waiting = new Waiting(grid, receiver);
    var unused = grid.acquire(waiting);
    return waiting;
  }

  private Grid grid(Host host) {
    if (remembering != null) {
      remembering.update(host);
      return remembering;
    }
    int port = ((Address.Ip) host.primary()).port();
    AlternateProtocolsCache cache =
        new AlternateProtocolsCache(
            new AlternateProtocolsOptions(
                name, 1, List.of(new Origin(name, port)), List.of(), null),
            loop::nanoTime);
    RacePlanner planner =
        new RacePlanner(
            name,
            rules.connectTimeout(),
            SocketSettings.DEFAULT,
            to -> TransportSocket.PLAIN, // it plans an order; each pool runs a race of its own
            rules.connect(),
            cache.families(),
            RaceListener.NONE);
    GridSettings settings =
        new GridSettings(
            cache,
            planner,
            name,
            rules.connect().attemptDelay(),
            () -> RuntimeSnapshot.EMPTY,
            stats.http3Broken);
    Grid grid = new Grid(loop, settings, new OneUse(), host, event -> {}, RaceListener.NONE);
    remembering = rules.connect().outcomeMemory() ? grid : null;
    return grid;
  }

  /** Pools whose connections serve once. */
  private final class OneUse implements GridPools {
    @Override
    public ConnectionPool http3(Host host) {
      return pools.tcp(settings(transports.quic()), stats, host);
    }

    @Override
    public ConnectionPool tcp(Host host) {
      return pools.tcp(settings(transports.tcp()), stats, host);
    }

    private PoolSettings settings(@Nullable TransportSocket transport) {
      TransportSocket made = requireNonNull(transport);
      TransportSocketFactory.PerWorker always = (protocol, hostname) -> made;
      return new PoolSettings(
          name,
          rules.connectTimeout(),
          Duration.ZERO,
          Duration.ZERO,
          1,
          0,
          1,
          CircuitBreakers.defaults(),
          rules.connect(),
          SocketSettings.DEFAULT,
          always,
          ApplicationProtocol.OPAQUE,
          Http2Options.DEFAULT,
          QuicOptions.DEFAULT,
          Purpose.ENTRANT);
    }
  }

  /** One who waits for a connection. */
  private final class Waiting implements Entry, ConnectionPool.Waiter {
    private final Receiver receiver;
    private final Grid grid;

    Waiting(Grid grid, Receiver receiver) {
      this.grid = grid;
      this.receiver = receiver;
    }

    @Override
    public void update(Host newer) {
      grid.update(newer);
    }

    @Override
    public void onReady(UpstreamConnection connection) {
      finish(new Finish(connection.race(), connection.channel()));
    }

    @Override
    public void onFailure(PoolFailure failure) {
      // There is always a race: no connection is there, and nothing limits how many are made.
      finish(new Finish(requireNonNull(failure.race()), null));
    }

    private void finish(Finish finish) {
      receiver.onFinish(finish);
      if (grid != remembering) {
        loop.execute(grid::close); // it is in the middle of its answer
      }
    }
  }
}
