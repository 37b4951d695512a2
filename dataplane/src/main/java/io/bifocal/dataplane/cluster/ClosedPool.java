package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;

/** What a cluster that is gone has instead of pools: no connection, at once. */
final class ClosedPool implements ConnectionPool {
  static final ClosedPool INSTANCE = new ClosedPool();

  private ClosedPool() {}

  @Override
  public Ticket acquire(Waiter waiter) {
    waiter.onFailure(
        new PoolFailure(PoolFailure.Reason.LOCAL_CONNECTION_FAILURE, "the cluster was removed"));
    return () -> {};
  }

  @Override
  public void update(Host host) {}

  @Override
  public void drain() {}

  @Override
  public void close() {}

  @Override
  public int size() {
    return 0;
  }

  @Override
  public Load load() {
    return Load.NONE;
  }

  @Override
  public boolean preconnect(double ratio) {
    return false;
  }
}
