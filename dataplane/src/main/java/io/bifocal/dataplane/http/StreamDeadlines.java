package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.router.RouterRequest;
import org.jspecify.annotations.Nullable;

/**
 * What may run out while a request is served, and what then becomes of it. The connection's next
 * request uses it again.
 */
final class StreamDeadlines implements Deadlines.Owner {
  private final HttpConnection connection;
  private final Deadlines deadlines;
  // Null when it is nobody's.
  private @Nullable Exchange exchange;
  private long idle;

  StreamDeadlines(HttpConnection connection) {
    this.connection = connection;
    this.deadlines = Deadlines.on(connection.loop, connection.here.timeouts);
  }

  /** It is {@code next}'s now. */
  StreamDeadlines of(Exchange next) {
    exchange = next;
    idle = connection.settings.timeouts().streamIdle();
    deadlines.of(this);
    return this;
  }

  /** It is nobody's: none is set. */
  void clear() {
    exchange = null;
    deadlines.clear();
  }

  void close() {
    deadlines.close();
  }

  /** The request has begun. */
  void begin(long now) {
    touch(now);
    duration(now, connection.settings.timeouts().streamDuration());
  }

  /** Something moves: the stream is not idle. */
  void touch(long now) {
    deadlines.set(Deadlines.Kind.STREAM_IDLE, now, idle);
  }

  /**
   * Something must move by then, from now on.
   *
   * @param nanos zero for never
   */
  void idle(long nanos) {
    idle = nanos;
    touch(connection.loop.nanoTime());
  }

  /** The answer must be whole so long after {@code since}, in nanoseconds; zero for never. */
  void duration(long since, long nanos) {
    deadlines.set(Deadlines.Kind.STREAM_DURATION, since, nanos);
  }

  /** The rest of the request is waited for. */
  void awaitRequest(long now) {
    deadlines.set(Deadlines.Kind.REQUEST, now, connection.settings.timeouts().request());
  }

  /** The request is whole. */
  void requestEnded() {
    deadlines.clear(Deadlines.Kind.REQUEST);
  }

  /** The answer is waited for as long as its route has it. */
  void awaitAnswer(long now, RouterRequest of) {
    deadlines.set(Deadlines.Kind.ROUTE, now, of.timeout());
  }

  /** It is logged once more after so many nanoseconds; zero for never. */
  void log(long now, long interval) {
    deadlines.set(Deadlines.Kind.LOG, now, interval);
  }

  @Override
  public void onDeadline(Deadlines.Kind kind) {
    Exchange current = exchange;
    if (current == null) {
      return;
    }
    HttpStats stats = connection.stats;
    switch (kind) {
      case ROUTE -> current.onRouteTimeout();
      case REQUEST -> {
        stats.rqTimeout.inc();
        current.giveUp(StreamReplies.REQUEST_TIMEOUT);
      }
      case STREAM_IDLE -> {
        stats.rqIdleTimeout.inc();
        current.giveUp(StreamReplies.idle(current.requestEnded()));
      }
      case LOG -> connection.logs.periodic(current.info, this);
      case STREAM_DURATION -> {
        stats.rqMaxDuration.inc();
        current.giveUp(StreamReplies.tooLong(current.requestEnded()));
      }
      default -> {}
    }
  }
}
