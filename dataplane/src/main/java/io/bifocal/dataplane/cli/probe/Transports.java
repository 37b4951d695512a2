package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.transport.TransportSocket;
import org.jspecify.annotations.Nullable;

/**
 * What connections to one target are made of.
 *
 * @param tcp what is between a TCP connection and its user
 * @param quic where HTTP/3 is tried first; else null
 */
record Transports(TransportSocket tcp, @Nullable TransportSocket quic) {
  static final Transports PLAIN = new Transports(TransportSocket.PLAIN, null);

  /** The same with another socket over TCP. */
  Transports over(TransportSocket other) {
    return new Transports(other, quic);
  }
}
