package io.bifocal.dataplane.transport;

import io.bifocal.dataplane.stats.Scope;

/**
 * Makes the transport sockets of one filter chain. It is made when the listener is configured, and
 * shared by all workers. Thread-safe.
 */
@FunctionalInterface
public interface DownstreamSocketFactory {
  /** Plain sockets. */
  DownstreamSocketFactory PLAIN = (listener, shard) -> TransportSocket.PLAIN;

  /** One worker's, which counts below {@code listener} in the cells of its {@code shard}. */
  TransportSocket on(Scope listener, int shard);
}
