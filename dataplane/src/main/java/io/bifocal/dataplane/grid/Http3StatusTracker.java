package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether HTTP/3 works towards one origin, for all workers: were it known per worker, waits would
 * multiply by workers. Thread-safe; times are nanoseconds of the loops' clock.
 */
public final class Http3StatusTracker {
  private final AtomicReference<Http3Status> status =
      new AtomicReference<>(new Http3Status.Pending());

  public Http3Status at(long now) {
    return requireNonNull(status.get()).at(now);
  }

  /** TCP was up where every attempt at HTTP/3 had failed. */
  public void markBroken(long now) {
    status.updateAndGet(known -> known.broken(now));
  }

  /** What was sent before the handshake's end was refused. */
  public void markFailedRecently() {
    status.updateAndGet(known -> new Http3Status.FailedRecently(known.breaks()));
  }

  /** A handshake came to its end: the next break is the first one again. */
  public void markConfirmed() {
    if (!(status.get() instanceof Http3Status.Confirmed)) {
      status.set(new Http3Status.Confirmed());
    }
  }
}
