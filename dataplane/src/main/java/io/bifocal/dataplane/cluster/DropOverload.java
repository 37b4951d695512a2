package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What share of a cluster's requests is answered here because there are too many for its hosts, by
 * the word of the control plane. Source: {@code drop_overloads} of {@code
 * envoy.config.endpoint.v3.ClusterLoadAssignment.Policy}.
 *
 * @param category as which they are told of in load reports
 * @param share of all requests; more than 0, at most 1
 */
public record DropOverload(String category, double share) {
  private static final String LIMIT = "load_balancing_policy.drop_overload_limit";

  /**
   * What a policy says, within what the runtime says now.
   *
   * @return null when no request is dropped
   * @throws ConfigException in Envoy's words
   */
  static @Nullable DropOverload of(ClusterLoadAssignment.Policy policy, RuntimeSnapshot runtime)
      throws ConfigException {
    List<ClusterLoadAssignment.Policy.DropOverload> all = policy.getDropOverloadsList();
    if (all.isEmpty()) {
      return null;
    }
    if (all.size() > 1) {
      throw new ConfigException(
          "Cluster drop_overloads config has %d categories. Envoy only support one."
              .formatted(all.size()));
    }
    double share = Math.min(share(all.get(0).getDropPercentage()), limit(runtime));
    return share == 0 ? null : new DropOverload(all.get(0).getCategory(), share);
  }

  private static double share(FractionalPercent percent) throws ConfigException {
    long numerator = Integer.toUnsignedLong(percent.getNumerator());
    long denominator =
        switch (percent.getDenominator()) {
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          default -> 100;
        };
    if (numerator > denominator) {
      String ratio = Float.toString((float) numerator / denominator).replaceFirst("\\.0$", "");
      throw new ConfigException(
          "Cluster drop_overloads config is invalid. drop_ratio=%s(Numerator %d / Denominator %d)."
                  .formatted(ratio, numerator, denominator)
              + " The valid range is 0~1.");
    }
    return (double) numerator / denominator;
  }

  private static double limit(RuntimeSnapshot runtime) throws ConfigException {
    long percent = runtime.number(LIMIT, 100);
    if (percent > 100) {
      throw new ConfigException(
          "%s runtime key config %d is invalid. The valid range is 0~100"
              .formatted(LIMIT, percent));
    }
    return percent / 100.0;
  }

  /** Whether none gets through. */
  public boolean dropsAll() {
    return share == 1;
  }

  /** Whether the request is one of them, by chance. */
  public boolean drops() {
    return dropsAll() || ThreadLocalRandom.current().nextDouble() < share;
  }
}
