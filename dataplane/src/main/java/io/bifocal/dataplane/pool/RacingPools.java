package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;

/** Pools whose every connection is won in a race. */
public final class RacingPools implements PoolFactory {
  private final Loop loop;
  private final RaceRunner races;

  /** Pools over real sockets, on {@code worker}. */
  public RacingPools(Worker worker, Transport transport, RaceListener listener) {
    this(worker.loop(), RaceRunner.on(worker, transport, listener));
  }

  /** Pools over whatever {@code races} runs on; for tests in virtual time. */
  public RacingPools(Loop loop, RaceRunner races) {
    this.loop = loop;
    this.races = races;
  }

  @Override
  public ConnectionPool http(PoolSettings settings, UpstreamStats stats, Host host) {
    return new RacingPool(RacingPool.Use.AGAIN, loop, races, settings, stats, host);
  }

  @Override
  public ConnectionPool tcp(PoolSettings settings, UpstreamStats stats, Host host) {
    return new RacingPool(RacingPool.Use.ONCE, loop, races, settings, stats, host);
  }
}
