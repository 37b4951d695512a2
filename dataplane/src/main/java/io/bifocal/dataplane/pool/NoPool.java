package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.host.Host;

/** What stands for a pool and keeps no connection: what there is for who asks is left to say. */
public abstract class NoPool implements ConnectionPool {
  @Override
  public final void update(Host version) {}

  @Override
  public final void drain() {}

  @Override
  public final void close() {}

  @Override
  public final int size() {
    return 0;
  }

  @Override
  public final Load load() {
    return Load.NONE;
  }

  @Override
  public final boolean preconnect(double ratio) {
    return false;
  }
}
