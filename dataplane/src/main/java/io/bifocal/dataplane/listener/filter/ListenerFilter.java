package io.bifocal.dataplane.listener.filter;

import io.netty.buffer.ByteBuf;

/** One listener filter's work on one connection. Confined to the worker's loop. */
interface ListenerFilter {
  /** How it goes on. */
  enum Verdict {
    /** The next filter's turn. */
    CONTINUE,
    /** It must see (more) bytes. */
    MORE,
    /** The connection is no good. */
    CLOSE
  }

  /** The first turn, before anything was read for it. */
  Verdict onAccept(AcceptedConnection connection);

  /**
   * Looks at what has come.
   *
   * @param bytes from the first that no filter has taken; what it takes it reads, what it only
   *     looks at it does not
   */
  default Verdict onData(ByteBuf bytes, AcceptedConnection connection) {
    return Verdict.CONTINUE;
  }
}
