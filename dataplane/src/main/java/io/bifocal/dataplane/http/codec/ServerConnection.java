package io.bifocal.dataplane.http.codec;

/** The server's side of a connection, whatever version of HTTP is spoken on it. On its loop. */
public sealed interface ServerConnection
    permits Http1ServerConnection, Http2ServerConnection, Http3ServerConnection {
  /** What is spoken; of HTTP/1.1 and 1.0 the newer. */
  Protocol protocol();

  /**
   * Asks the client to begin nothing more here, if that can be said before the next answer; what it
   * begins all the same is served.
   */
  void shutdownNotice();

  /** Takes no further request; closes when what has begun is answered. */
  void goAway();

  /** Answers a request that has begun and does not end its head, where that is possible. */
  void refuse(RequestError error);

  /** Closes without waiting for anything. */
  void close();
}
