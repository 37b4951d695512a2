package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.stream.WireBytes;
import org.jspecify.annotations.Nullable;

/**
 * What a client's connection is joined to: a connection of its own, or a tunnel through one of
 * HTTP. Confined to the worker's loop. Source: Envoy's {@code GenericUpstream}.
 */
interface Upstream {
  /** The connection that it goes through. */
  UpstreamConnection connection();

  @Nullable Address localAddress();

  /** What goes through it, for as long as it lasts and afterwards. */
  WireBytes bytes();

  /** Passes on both ways from now on. */
  void join(Relay downstream);

  /** Whether nothing more will come this way. */
  boolean finished();

  /** Whether something of the client's is not out yet, and that is to be counted. */
  boolean hasPending();

  /** Runs when all that the client sent is out. */
  void whenFlushed(Runnable then);

  /**
   * The client is gone and nothing is left to be sent.
   *
   * @param endedFirst whether it had ended before the client did
   */
  void end(boolean endedFirst);

  /** Cuts it off. */
  void abort();

  /** Who has asked for one. */
  interface Waiter {
    void onReady(Upstream upstream);

    void onFailure(PoolFailure failure);
  }
}
