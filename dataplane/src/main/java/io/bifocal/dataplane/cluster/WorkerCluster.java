package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.UpstreamStats;
import org.jspecify.annotations.Nullable;

/** One cluster as one worker uses it. Confined to the worker's loop. */
public interface WorkerCluster {
  ClusterConfig config();

  UpstreamStats stats();

  CircuitBreakers breakers();

  /** A host for the next request, or null when none is usable ({@code no healthy upstream}). */
  @Nullable Host chooseHost();

  /** Connections for requests, kept and used again; by HTTP/2 many at once. */
  ConnectionPool httpPool(Host host);

  /** Connections for a channel to a control plane, which speaks HTTP/2: each is used once. */
  ConnectionPool http2Pool(Host host);

  /** Connections for a TCP proxy: each is used once. */
  ConnectionPool tcpPool(Host host);
}
