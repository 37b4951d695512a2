package io.bifocal.dataplane.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's limits for requests of one priority, process-wide: were they per worker, they would
 * multiply by the workers.
 *
 * <p>Source: {@code envoy.config.cluster.v3.CircuitBreakers}.
 */
public final class CircuitBreakers {
  private final Supplier<Thresholds> thresholds;
  private final Limit connections;
  private final Limit pendingRequests;
  private final Limit requests;
  private final Limit retries;
  private final Limit pools;

  /**
   * What is allowed.
   *
   * @param pools {@code max_connection_pools}: by worker, host, priority and protocol
   * @param connectionsPerHost {@code per_host_thresholds}: by host, of all priorities
   * @param retryBudget in the place of {@code retries}, if there is one
   * @param trackRemaining whether {@code remaining_*} are shown in the statistics
   */
  public record Thresholds(
      int connections,
      int pendingRequests,
      int requests,
      int retries,
      int pools,
      int connectionsPerHost,
      @Nullable RetryBudget retryBudget,
      boolean trackRemaining) {
    public static final Thresholds DEFAULT = of(1024, 1024, 1024, 3);

    /** These, and neither a budget nor any other limit. */
    public static Thresholds of(int connections, int pendingRequests, int requests, int retries) {
      return new Thresholds(
          connections,
          pendingRequests,
          requests,
          retries,
          Integer.MAX_VALUE,
          Integer.MAX_VALUE,
          null,
          false);
    }
  }

  /**
   * How many of the requests may be retries.
   *
   * @param percent of all that are under way or wait for a connection
   * @param minConcurrency so many may be in any case
   */
  public record RetryBudget(double percent, int minConcurrency) {
    int of(int active) {
      return Math.max(minConcurrency, (int) (percent / 100 * active));
    }
  }

  public CircuitBreakers(Thresholds thresholds) {
    this(() -> thresholds);
  }

  /**
   * With limits that may change.
   *
   * @param thresholds those of now; any thread asks, often
   */
  public CircuitBreakers(Supplier<Thresholds> thresholds) {
    this.thresholds = thresholds;
    this.connections = new Limit(Thresholds::connections);
    this.pendingRequests = new Limit(Thresholds::pendingRequests);
    this.requests = new Limit(Thresholds::requests);
    this.retries = new Limit(this::retries);
    this.pools = new Limit(Thresholds::pools);
  }

  // With a budget it moves with what it is a part of.
  private int retries(Thresholds of) {
    RetryBudget budget = of.retryBudget;
    return budget == null ? of.retries : budget.of(requests.inUse() + pendingRequests.inUse());
  }

  public CircuitBreakers(int connections, int pendingRequests, int requests, int retries) {
    this(Thresholds.of(connections, pendingRequests, requests, retries));
  }

  public static CircuitBreakers defaults() {
    return new CircuitBreakers(Thresholds.DEFAULT);
  }

  /** Those of now. */
  public Thresholds thresholds() {
    return thresholds.get();
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

  /** Retries that wait for their time or for their answer. */
  public Limit retries() {
    return retries;
  }

  /** Pools of workers to hosts. */
  public Limit pools() {
    return pools;
  }

  /** So many at once and no more. */
  public final class Limit {
    private final ToIntFunction<Thresholds> which;
    private final AtomicInteger inUse = new AtomicInteger();

    Limit(ToIntFunction<Thresholds> which) {
      this.which = which;
    }

    public int max() {
      return which.applyAsInt(thresholds.get());
    }

    public int inUse() {
      return inUse.get();
    }

    /** Takes one, if there is one. */
    public boolean tryAcquire() {
      if (inUse.incrementAndGet() <= max()) {
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
