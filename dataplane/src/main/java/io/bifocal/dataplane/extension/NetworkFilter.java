package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;

/**
 * The filter that ends a filter chain (an HTTP connection manager, a TCP proxy), made once per
 * version of a listener and shared by all its connections.
 */
public interface NetworkFilter extends AutoCloseable {
  /**
   * Takes a connection that was accepted: adds its handlers to the channel. Called on {@code
   * worker}'s loop with {@code autoRead} off; the filter starts reading.
   */
  void onConnection(Channel downstream, Worker worker, DownstreamConnection connection);

  /** Whether it can speak that protocol of ALPN; others are not agreed on with clients. */
  default boolean speaks(String alpn) {
    return true;
  }

  /** Asks every connection to end when it can ({@code Connection: close}); on any thread. */
  default void drain() {}

  /** The listener's version is gone and so are its connections; on the control loop. */
  @Override
  default void close() {}
}
