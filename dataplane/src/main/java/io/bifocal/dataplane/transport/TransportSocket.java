package io.bifocal.dataplane.transport;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/**
 * What is between a TCP connection and those who talk on it: nothing, or TLS. One object serves all
 * connections of a worker to a host, or from clients of a filter chain; what belongs to one
 * connection lives in its pipeline.
 */
@FunctionalInterface
public interface TransportSocket {
  /** Bytes go through as they are: ready as soon as the socket is connected. */
  TransportSocket PLAIN = channel -> channel.newSucceededFuture();

  /**
   * Takes a socket that has just been connected or accepted, on its event loop and with {@code
   * autoRead} off, and adds what handlers it needs.
   *
   * @return done when the application's bytes can flow; failed with a message fit for {@code
   *     %UPSTREAM_TRANSPORT_FAILURE_REASON%} otherwise. Only then has an attempt connected
   */
  Future<?> start(Channel connected);

  /** What its connections are made over. */
  default TransportProtocol over() {
    return TransportProtocol.TCP;
  }
}
