package io.bifocal.dataplane.http;

import io.bifocal.dataplane.overload.WorkerTimeouts;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Several deadlines on one timer. Setting and clearing one is a field's write: the timer is left to
 * run, and looks when it fires whether there is still something due. So they outlive their owner:
 * the next one finds the timer running.
 */
class Deadlines {
  /** What may run out. */
  enum Kind {
    /** {@code common_http_protocol_options.idle_timeout}: no request. */
    CONNECTION_IDLE,
    /** {@code stream_idle_timeout}: a request on which nothing moves. */
    STREAM_IDLE,
    /** {@code request_timeout}: the request must be whole. */
    REQUEST,
    /** The route's {@code timeout}: the answer must be whole. */
    ROUTE,
    /** {@code max_stream_duration}: the answer must be whole. */
    STREAM_DURATION,
    /** {@code access_log_flush_interval}: it is logged once more before its end. */
    LOG,
    /** {@code request_headers_timeout}: the request's head must be whole. */
    REQUEST_HEADERS,
    /** {@code max_connection_duration}. */
    CONNECTION_DURATION,
    /** {@code drain_timeout}: how long a client may take to stop asking. */
    DRAIN
  }

  /** Whoever they are about. */
  interface Owner {
    void onDeadline(Kind kind);
  }

  private static final Kind[] KINDS = Kind.values();
  private static final long NEVER = Long.MAX_VALUE;

  private final Loop loop;
  private final long[] due = new long[KINDS.length];
  private @Nullable Owner owner;
  private Loop.@Nullable Timer timer;
  private long timerDue = NEVER;
  private boolean closed;

  Deadlines(Loop loop) {
    this.loop = loop;
    Arrays.fill(due, NEVER);
  }

  /**
   * Deadlines that are nobody's.
   *
   * @param reduced what becomes of them when resources run short; null for nothing
   */
  static Deadlines on(Loop loop, @Nullable WorkerTimeouts reduced) {
    return reduced == null ? new Deadlines(loop) : new ReducedDeadlines(loop, reduced);
  }

  /** They are {@code next}'s now. */
  Deadlines of(Owner next) {
    owner = next;
    return this;
  }

  /** They are nobody's: none is set. */
  void clear() {
    owner = null;
    Arrays.fill(due, NEVER);
  }

  /**
   * Sets one anew.
   *
   * @param after nanoseconds from {@code now}; zero for never
   */
  @SuppressWarnings("EnumOrdinal") // an index into an array of our own
  void set(Kind kind, long now, long after) {
    long at = after == 0 ? NEVER : now + after;
    due[kind.ordinal()] = at;
    if (at < timerDue && !closed) {
      arm(now, at);
    }
  }

  @SuppressWarnings("EnumOrdinal")
  void clear(Kind kind) {
    due[kind.ordinal()] = NEVER;
  }

  @SuppressWarnings("EnumOrdinal")
  boolean isSet(Kind kind) {
    return due[kind.ordinal()] != NEVER;
  }

  boolean isClosed() {
    return closed;
  }

  void close() {
    closed = true;
    Loop.Timer pending = timer;
    if (pending != null) {
      timer = null;
      pending.cancel();
    }
  }

  private void arm(long now, long at) {
    Loop.Timer pending = timer;
    if (pending != null) {
      pending.cancel();
    }
    timerDue = at;
    timer = loop.schedule(Duration.ofNanos(at - now), this::onTimer);
  }

  private void tell(Kind kind) {
    Owner current = owner;
    if (current != null) {
      current.onDeadline(kind);
    }
  }

  private void onTimer() {
    timer = null;
    timerDue = NEVER;
    long now = loop.nanoTime();
    for (int i = 0; i < due.length && !closed; i++) {
      if (due[i] <= now) {
        due[i] = NEVER;
        tell(KINDS[i]);
      }
    }
    if (closed) {
      return;
    }
    long next = NEVER;
    for (long at : due) {
      next = Math.min(next, at);
    }
    if (next < timerDue) {
      arm(now, next);
    }
  }
}
