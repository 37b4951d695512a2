package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.DatagramTransport;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;

/** Pools whose every connection is won in a race. */
public final class RacingPools implements PoolFactory {
  private final Loop loop;
  private final RaceRunner races;
  private final OutcomeMemory memory;
  private final Session.Factory sessions;

  /**
   * Pools over real sockets, on {@code worker}.
   *
   * @param memory shared by all workers
   * @param sessions what is spoken where a connection carries many requests at once
   */
  public RacingPools(
      Worker worker,
      Transport transport,
      RaceListener listener,
      OutcomeMemory memory,
      Session.Factory sessions) {
    this(worker.loop(), RaceRunner.on(worker, transport, listener), memory, sessions);
  }

  /** Pools over whatever {@code races} runs on; for tests in virtual time. */
  public RacingPools(Loop loop, RaceRunner races, OutcomeMemory memory, Session.Factory sessions) {
    this.loop = loop;
    this.races = races;
    this.memory = memory;
    this.sessions = sessions;
  }

  @Override
  public ConnectionPool http(PoolSettings settings, UpstreamStats stats, Host host) {
    RacingPool.Use use =
        switch (settings.protocol()) {
          case HTTP_2, HTTP_3 -> RacingPool.Use.SHARED;
          case HTTP -> RacingPool.Use.AS_AGREED;
          default -> RacingPool.Use.AGAIN;
        };
    return pool(use, settings.protocol(), settings, stats, host);
  }

  @Override
  public ConnectionPool http2(PoolSettings settings, UpstreamStats stats, Host host) {
    return pool(RacingPool.Use.ONCE, ApplicationProtocol.HTTP_2, settings, stats, host);
  }

  @Override
  public ConnectionPool tcp(PoolSettings settings, UpstreamStats stats, Host host) {
    return pool(RacingPool.Use.ONCE, ApplicationProtocol.OPAQUE, settings, stats, host);
  }

  @Override
  public RaceListener listener() {
    return races.listener();
  }

  private ConnectionPool pool(
      RacingPool.Use use,
      ApplicationProtocol protocol,
      PoolSettings settings,
      UpstreamStats stats,
      Host host) {
    RacePlanner planner =
        new RacePlanner(
            settings.cluster(),
            settings.connectTimeout(),
            settings.sockets(),
            to -> socket(settings, protocol, to),
            settings.connect(),
            memory,
            stats.races);
    return new RacingPool(use, loop, races, planner, settings, stats, sessions, host);
  }

  private static TransportSocket socket(
      PoolSettings settings, ApplicationProtocol protocol, Host to) {
    TransportSocket socket = settings.transport().socket(protocol, to.hostname());
    return socket instanceof DatagramTransport quic ? quic.with(settings.quic()) : socket;
  }
}
