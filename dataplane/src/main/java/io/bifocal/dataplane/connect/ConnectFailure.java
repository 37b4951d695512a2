package io.bifocal.dataplane.connect;

/**
 * Why an attempt, or a race as a whole, failed.
 *
 * @param kind which of Envoy's three reasons a pool reports
 * @param detail the transport's text, e.g. {@code delayed connect error: Connection refused}
 */
public record ConnectFailure(Kind kind, String detail) {

  /** Who is to blame. */
  public enum Kind {
    /** Refused, unreachable, reset, or the TLS handshake failed. */
    REMOTE,
    /** No socket, no source address, an option that was refused. */
    LOCAL,
    /** {@code connect_timeout} ran out. */
    TIMEOUT
  }
}
