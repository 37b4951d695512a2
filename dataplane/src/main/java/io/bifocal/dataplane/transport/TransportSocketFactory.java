package io.bifocal.dataplane.transport;

import io.bifocal.dataplane.stats.Scope;

/**
 * Makes the transport sockets of one cluster. It is made when the cluster is configured, and shared
 * by all workers. Thread-safe.
 */
@FunctionalInterface
public interface TransportSocketFactory {
  /** Plain sockets. */
  TransportSocketFactory PLAIN = (cluster, shard) -> PerWorker.PLAIN;

  /** One worker's view, which counts below {@code cluster} in the cells of its {@code shard}. */
  PerWorker on(Scope cluster, int shard);

  /** Confined to its worker's loop. */
  @FunctionalInterface
  interface PerWorker {
    /** Plain sockets. */
    PerWorker PLAIN = (protocol, hostname) -> TransportSocket.PLAIN;

    /**
     * For connections to one host.
     *
     * @param protocol what will be spoken on them
     * @param hostname the host's own name, or empty
     */
    TransportSocket socket(ApplicationProtocol protocol, String hostname);
  }
}
