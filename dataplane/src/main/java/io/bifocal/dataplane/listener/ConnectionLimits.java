package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.overload.Overload;
import io.bifocal.dataplane.overload.OverloadAction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many connections a listener may have, and all listeners together; of all workers.
 * Thread-safe.
 *
 * <p>Source: the runtime keys {@code envoy.resource_limits.listener.<name>.connection_limit} and
 * {@code overload.global_downstream_max_connections}.
 */
final class ConnectionLimits {
  private static final String GLOBAL_KEY = "overload.global_downstream_max_connections";

  private final RuntimeReader runtime;
  private final Overload overload;
  private final AtomicLong everywhere;
  private final String key;
  private final AtomicLong here = new AtomicLong();

  /** Which limit there is no room in. */
  enum Reached {
    NONE,
    LISTENER,
    GLOBAL,
    OVERLOAD
  }

  ConnectionLimits(String listener, RuntimeReader runtime, Overload overload) {
    this.key = "envoy.resource_limits.listener." + listener + ".connection_limit";
    this.runtime = runtime;
    this.overload = overload;
    this.everywhere = overload.connections();
  }

  /** Counts one more connection, if no limit is reached; who gets {@code NONE} closes it later. */
  Reached open(Listener listener) {
    if (!listener.getBypassOverloadManager()
        && (overload.happens(OverloadAction.REJECT_INCOMING_CONNECTIONS)
            || overload.happens(OverloadAction.TCP_LISTENER_ACCEPT))) {
      return Reached.OVERLOAD;
    }
    long all = everywhere.getAndIncrement();
    if (!listener.getIgnoreGlobalConnLimit() && all >= globalLimit()) {
      everywhere.decrementAndGet();
      overload.connectionRefused();
      return Reached.GLOBAL;
    }
    if (here.getAndIncrement() >= limit(key)) {
      here.decrementAndGet();
      everywhere.decrementAndGet();
      return Reached.LISTENER;
    }
    return Reached.NONE;
  }

  void close() {
    here.decrementAndGet();
    everywhere.decrementAndGet();
  }

  // What monitors the connections has the word, if there is any.
  private long globalLimit() {
    long watched = overload.connectionLimit();
    return watched < 0 ? limit(GLOBAL_KEY) : watched;
  }

  private long limit(String runtimeKey) {
    return runtime.snapshot().number(runtimeKey, Long.MAX_VALUE);
  }
}
