package io.bifocal.dataplane.transport;

import io.bifocal.dataplane.init.InitManager;
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

  /**
   * Asks for what it needs beside its configuration. On the control loop, once.
   *
   * @param listener where it counts
   * @param init waits for the first answers
   * @throws IllegalArgumentException when a source is of a kind that is not served
   */
  default void start(Scope listener, InitManager init) {}

  /** Nobody needs it any longer; on the control loop. Harmless twice. */
  default void close() {}
}
