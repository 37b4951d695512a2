package io.bifocal.dataplane.transport;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;

/** A transport socket that brings its own transport: connections are made over datagrams. */
public interface DatagramTransport extends TransportSocket {
  /**
   * Makes a connection over a datagram socket that serves no other, on its event loop.
   *
   * @param datagrams connected to the peer; it is closed when the connection is, or when it failed
   */
  Attempt connect(Channel datagrams);

  /** The same, by these options. */
  DatagramTransport with(QuicOptions options);

  /** A connection that is being made. */
  interface Attempt {
    /**
     * The connection, with {@code autoRead} off, when the application's bytes can flow; failed with
     * a message fit for {@code %UPSTREAM_TRANSPORT_FAILURE_REASON%} otherwise.
     */
    Future<? extends Channel> ready();

    /** Gives it up, and closes the datagrams' socket. */
    void cancel();
  }

  @Override
  default TransportProtocol over() {
    return TransportProtocol.QUIC;
  }

  @Override
  default Future<?> start(Channel connected) {
    return connected.newFailedFuture(
        new UnsupportedOperationException("not on a stream of bytes: it has datagrams"));
  }
}
