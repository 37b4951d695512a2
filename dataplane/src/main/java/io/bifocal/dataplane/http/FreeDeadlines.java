package io.bifocal.dataplane.http;

import java.util.ArrayDeque;

/**
 * The deadlines of one connection's exchanges: as many as there have been exchanges at once, and
 * used again by the next ones.
 */
final class FreeDeadlines {
  private final HttpConnection connection;
  private final ArrayDeque<StreamDeadlines> free = new ArrayDeque<>(2);
  private boolean closed;

  FreeDeadlines(HttpConnection connection) {
    this.connection = connection;
  }

  StreamDeadlines take(Exchange exchange) {
    StreamDeadlines known = free.poll();
    return (known == null ? new StreamDeadlines(connection) : known).of(exchange);
  }

  /** Takes back what an exchange needs no more. */
  void give(StreamDeadlines used) {
    used.clear();
    if (closed) {
      used.close();
    } else {
      free.push(used);
    }
  }

  /** The connection is gone. */
  void close() {
    closed = true;
    for (StreamDeadlines one = free.poll(); one != null; one = free.poll()) {
      one.close();
    }
  }
}
