package io.bifocal.dataplane.pool;

/** Whether a request may go by HTTP/3, where there is a choice. */
public enum Http3Use {
  ALLOWED,
  FORBIDDEN,
  /**
   * Not again: the request failed on a connection of HTTP/3 that was up. If TCP is up then, HTTP/3
   * is broken.
   */
  FAILED
}
