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
    /** No socket, or an option that was refused. */
    LOCAL,
    /** No socket at the address that it was to come from: {@link #LOCAL}, and counted apart. */
    BIND,
    /** {@code connect_timeout} ran out. */
    TIMEOUT;

    /** Whether the fault is this machine's own, and says nothing of the address. */
    public boolean isLocal() {
      return this == LOCAL || this == BIND;
    }
  }
}
