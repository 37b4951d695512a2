package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.runtime.RuntimeReader;
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
  private final AtomicLong everywhere;
  private final String key;
  private final AtomicLong here = new AtomicLong();

  /** Which limit there is no room in. */
  enum Reached {
    NONE,
    LISTENER,
    GLOBAL
  }

  /**
   * @param everywhere the connections of all listeners
   */
  ConnectionLimits(String listener, RuntimeReader runtime, AtomicLong everywhere) {
    this.key = "envoy.resource_limits.listener." + listener + ".connection_limit";
    this.runtime = runtime;
    this.everywhere = everywhere;
  }

  /** Counts one more connection, if no limit is reached; who gets {@code NONE} closes it later. */
  Reached open(boolean ignoreGlobal) {
    long all = everywhere.getAndIncrement();
    if (!ignoreGlobal && all >= limit(GLOBAL_KEY)) {
      everywhere.decrementAndGet();
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

  private long limit(String runtimeKey) {
    return runtime.snapshot().number(runtimeKey, Long.MAX_VALUE);
  }
}
