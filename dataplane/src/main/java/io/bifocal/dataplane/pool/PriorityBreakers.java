package io.bifocal.dataplane.pool;

import io.envoyproxy.envoy.config.core.v3.RoutingPriority;

/** A cluster's limits: routes of one priority do not use up what those of the other need. */
public record PriorityBreakers(CircuitBreakers normal, CircuitBreakers high) {
  public static PriorityBreakers defaults() {
    return new PriorityBreakers(CircuitBreakers.defaults(), CircuitBreakers.defaults());
  }

  public CircuitBreakers of(RoutingPriority priority) {
    return priority == RoutingPriority.HIGH ? high : normal;
  }
}
