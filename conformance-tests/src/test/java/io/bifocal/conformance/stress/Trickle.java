package io.bifocal.conformance.stress;

import java.io.IOException;

/**
 * One exchange of a client that takes and gives as little at a time as the protocol lets it. It
 * belongs to one thread.
 */
interface Trickle extends AutoCloseable {
  /** Sends a GET by the byte. */
  default void get(String path) throws IOException {
    post(path, new byte[0], () -> {});
  }

  /**
   * Sends a request by the byte, head and body: a POST; a GET where there is no body.
   *
   * @param halfway is run when half of the body is sent
   */
  void post(String path, byte[] body, Runnable halfway) throws IOException;

  /** The status, once it is there. */
  int status() throws IOException;

  /**
   * The next byte of the body, or -1 at its end. The peer may send it only now, as far as the
   * protocol has a word for that.
   */
  int read() throws IOException;

  /** From now on the peer may send more than a byte ahead, where it was not so before. */
  void hurry();

  /** Another exchange by the same client: on the same connection, where the protocol allows it. */
  Trickle beside() throws IOException;

  /** Closes the connection that it was opened with. */
  @Override
  void close() throws IOException;
}
