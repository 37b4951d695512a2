package io.bifocal.dataplane.transport;

/** What a connection is made over, below what makes it safe. */
public enum TransportProtocol {
  /** A stream of bytes: TCP, or a pipe. */
  TCP,
  /** Datagrams (RFC 9000). */
  QUIC
}
