package io.bifocal.dataplane.http;

/**
 * A request's head that has begun to come on a connection, before which there is no exchange to
 * watch it: it has deadlines of its own. Those of HTTP/2 and 3 are whole when they are told of.
 */
final class PendingHead {
  private final HttpConnection connection;
  private final Deadlines deadlines;
  private boolean bytesCame;
  private boolean begun;
  private long since;

  PendingHead(HttpConnection connection, Deadlines deadlines) {
    this.connection = connection;
    this.deadlines = deadlines;
  }

  /** Some have come, of whatever. */
  void onBytes() {
    bytesCame = true;
  }

  /**
   * No more bytes come for now.
   *
   * @param within whether they may be of a request that is being served
   */
  void onReadComplete(boolean within) {
    if (bytesCame && !begun && !within) {
      begun = true;
      since = connection.loop.nanoTime();
      HttpSettings.Timeouts timeouts = connection.settings.timeouts();
      deadlines.clear(Deadlines.Kind.CONNECTION_IDLE);
      deadlines.set(Deadlines.Kind.REQUEST_HEADERS, since, timeouts.requestHeaders());
      deadlines.set(Deadlines.Kind.REQUEST, since, timeouts.request());
      deadlines.set(Deadlines.Kind.STREAM_IDLE, since, timeouts.streamIdle());
    }
    bytesCame = false;
  }

  /** When it began, as the loop counts; now when nothing of it has come. */
  long since() {
    return begun ? since : connection.loop.nanoTime();
  }

  /** It is whole, or will never be. */
  void end() {
    bytesCame = false;
    if (begun) {
      begun = false;
      deadlines.clear(Deadlines.Kind.REQUEST_HEADERS);
      deadlines.clear(Deadlines.Kind.REQUEST);
      deadlines.clear(Deadlines.Kind.STREAM_IDLE);
    }
  }
}
