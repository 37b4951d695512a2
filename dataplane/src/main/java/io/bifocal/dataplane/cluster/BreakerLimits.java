package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.pool.CircuitBreakers;

/**
 * The limits of one priority of {@code circuit_breakers}.
 *
 * @param trackRemaining whether {@code remaining_*} are shown in the statistics
 */
public record BreakerLimits(
    int connections, int pendingRequests, int requests, int retries, boolean trackRemaining) {
  public static final BreakerLimits DEFAULT = new BreakerLimits(1024, 1024, 1024, 3, false);

  CircuitBreakers breakers() {
    return new CircuitBreakers(connections, pendingRequests, requests, retries);
  }
}
