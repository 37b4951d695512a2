package io.bifocal.dataplane.cluster;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.pool.CircuitBreakers.RetryBudget;
import io.bifocal.dataplane.pool.CircuitBreakers.Thresholds;
import io.bifocal.dataplane.pool.PriorityBreakers;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.util.List;

/** A cluster's {@code circuit_breakers}, by the priority of routes. */
public record BreakerLimits(Thresholds normal, Thresholds high) {
  public static final BreakerLimits DEFAULT =
      new BreakerLimits(Thresholds.DEFAULT, Thresholds.DEFAULT);

  static final RetryBudget DEFAULT_BUDGET = new RetryBudget(20, 3);

  /**
   * Makes those of a cluster.
   *
   * @param runtime where the limits may be changed
   */
  PriorityBreakers breakers(String cluster, RuntimeReader runtime) {
    return new PriorityBreakers(
        new io.bifocal.dataplane.pool.CircuitBreakers(
            new RuntimeThresholds(normal, runtime, cluster, "default")),
        new io.bifocal.dataplane.pool.CircuitBreakers(
            new RuntimeThresholds(high, runtime, cluster, "high")));
  }

  /** Of several thresholds of one priority the first counts. */
  static BreakerLimits read(CircuitBreakers config, String path, List<String> warnings)
      throws ConfigException {
    warnings.addAll(ClusterFields.BREAKERS.check(config, path));
    for (int i = 0; i < config.getThresholdsCount(); i++) {
      warnings.addAll(
          ClusterFields.THRESHOLDS.check(config.getThresholds(i), path + ".thresholds[" + i + "]"));
    }
    for (CircuitBreakers.Thresholds each : config.getPerHostThresholdsList()) {
      if (each.hasMaxPendingRequests()
          || each.hasMaxRequests()
          || each.hasMaxRetries()
          || each.hasMaxConnectionPools()
          || each.hasRetryBudget()) {
        throw new ConfigException("Unsupported field in per_host_thresholds");
      }
    }
    return new BreakerLimits(of(config, RoutingPriority.DEFAULT), of(config, RoutingPriority.HIGH));
  }

  private static Thresholds of(CircuitBreakers config, RoutingPriority priority) {
    CircuitBreakers.Thresholds t = first(config.getThresholdsList(), priority);
    CircuitBreakers.Thresholds host = first(config.getPerHostThresholdsList(), priority);
    return new Thresholds(
        clamped(t.hasMaxConnections(), t.getMaxConnections(), 1024),
        clamped(t.hasMaxPendingRequests(), t.getMaxPendingRequests(), 1024),
        clamped(t.hasMaxRequests(), t.getMaxRequests(), 1024),
        clamped(t.hasMaxRetries(), t.getMaxRetries(), 3),
        clamped(t.hasMaxConnectionPools(), t.getMaxConnectionPools(), Integer.MAX_VALUE),
        clamped(host.hasMaxConnections(), host.getMaxConnections(), Integer.MAX_VALUE),
        t.hasRetryBudget() ? budget(t.getRetryBudget()) : null,
        t.getTrackRemaining());
  }

  private static CircuitBreakers.Thresholds first(
      List<CircuitBreakers.Thresholds> all, RoutingPriority priority) {
    for (CircuitBreakers.Thresholds each : all) {
      if (each.getPriority() == priority) {
        return each;
      }
    }
    return CircuitBreakers.Thresholds.getDefaultInstance();
  }

  private static RetryBudget budget(CircuitBreakers.Thresholds.RetryBudget config) {
    return new RetryBudget(
        config.hasBudgetPercent() ? config.getBudgetPercent().getValue() : DEFAULT_BUDGET.percent(),
        clamped(
            config.hasMinRetryConcurrency(),
            config.getMinRetryConcurrency(),
            DEFAULT_BUDGET.minConcurrency()));
  }

  /** An unsigned number as an int: four billion is as good as two. */
  static int clamped(boolean set, UInt32Value value, int otherwise) {
    if (!set) {
      return otherwise;
    }
    return value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }
}
