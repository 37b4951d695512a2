package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.pool.NoPool;
import io.bifocal.dataplane.pool.PoolFailure;

/** What a cluster that is gone has instead of pools: no connection, at once. */
final class ClosedPool extends NoPool {
  static final ClosedPool INSTANCE = new ClosedPool();

  private ClosedPool() {}

  @Override
  public Ticket acquire(Waiter waiter) {
    waiter.onFailure(
        new PoolFailure(PoolFailure.Reason.LOCAL_CONNECTION_FAILURE, "the cluster was removed"));
    return () -> {};
  }
}
