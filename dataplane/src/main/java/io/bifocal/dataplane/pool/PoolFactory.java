package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.host.Host;

/** Makes one worker's pools. Confined to the worker's loop. */
public interface PoolFactory {
  /** Connections for requests, kept and used again; by HTTP/2 many at once. */
  ConnectionPool http(PoolSettings settings, UpstreamStats stats, Host host);

  /** Connections for HTTP/2 that others speak on them: each is used once. */
  ConnectionPool http2(PoolSettings settings, UpstreamStats stats, Host host);

  /** Connections for a TCP proxy: each is used once. */
  ConnectionPool tcp(PoolSettings settings, UpstreamStats stats, Host host);

  /** Who hears of its pools' races. */
  default RaceListener listener() {
    return RaceListener.NONE;
  }
}
