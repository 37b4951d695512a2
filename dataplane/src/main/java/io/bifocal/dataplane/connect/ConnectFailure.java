package io.bifocal.dataplane.connect;

/**
 * Why an attempt, or a race as a whole, failed.
 *
 * @param kind which of Envoy's three reasons a pool reports
 * @param detail the transport's text, e.g. {@code delayed connect error: Connection refused}
 */
public record ConnectFailure(Kind kind, String detail) {

  /** What went wrong, in a word; for statistics. */
  public Reason reason() {
    return ConnectErrors.reason(this);
  }

  /** The detail without Envoy's words around it, e.g. {@code Connection refused}. */
  public String phrase() {
    return ConnectErrors.phrase(detail);
  }

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

  /** What can go wrong, coarsely. */
  public enum Reason {
    /** There is nobody at that address. */
    REFUSED,
    /** There is no way to that address. */
    UNREACHABLE,
    /** No answer in time: ours, or the operating system's. */
    TIMED_OUT,
    /** The peer, or somebody on the way, ended a connection that was coming about. */
    RESET,
    /** The socket was connected, but the handshake on top of it failed. */
    TLS,
    /** This machine would not: no descriptor, no source address, not allowed. */
    LOCAL,
    OTHER
  }
}
