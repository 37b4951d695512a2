package io.bifocal.dataplane.pool;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A cluster's limits, process-wide: were they per worker, they would multiply by the workers.
 *
 * <p>Source: {@code envoy.config.cluster.v3.CircuitBreakers}, default priority; defaults 1024,
 * 1024, 1024, 3.
 */
public final class CircuitBreakers {
  private final Limit connections;
  private final Limit pendingRequests;
  private final Limit requests;
  private final Limit retries;

  public CircuitBreakers(int connections, int pendingRequests, int requests, int retries) {
    this.connections = new Limit(connections);
    this.pendingRequests = new Limit(pendingRequests);
    this.requests = new Limit(requests);
    this.retries = new Limit(retries);
  }

  public static CircuitBreakers defaults() {
    return new CircuitBreakers(1024, 1024, 1024, 3);
  }

  public Limit connections() {
    return connections;
  }

  public Limit pendingRequests() {
    return pendingRequests;
  }

  public Limit requests() {
    return requests;
  }

  public Limit retries() {
    return retries;
  }

  /** So many at once and no more. */
  public static final class Limit {
    private final int max;
    private final AtomicInteger inUse = new AtomicInteger();

    Limit(int max) {
      this.max = max;
    }

    public int max() {
      return max;
    }

    public int inUse() {
      return inUse.get();
    }

    /** Takes one, if there is one. */
    public boolean tryAcquire() {
      if (inUse.incrementAndGet() <= max) {
        return true;
      }
      inUse.decrementAndGet();
      return false;
    }

    /** Takes one even beyond the limit; for what Envoy does not refuse either. */
    void acquire() {
      inUse.incrementAndGet();
    }

    public void release() {
      inUse.decrementAndGet();
    }
  }
}
