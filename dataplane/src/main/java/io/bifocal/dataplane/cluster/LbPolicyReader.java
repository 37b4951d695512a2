package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.balance.LocalitySpread;
import io.bifocal.dataplane.balance.Policy;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.List;

/** A policy by {@code Cluster.lb_policy} and the fields beside it. */
final class LbPolicyReader {
  private final Cluster cluster;
  private final String path;
  private final RuntimeReader runtime;
  private final List<String> warnings;

  LbPolicyReader(Cluster cluster, String path, RuntimeReader runtime, List<String> warnings) {
    this.cluster = cluster;
    this.path = path;
    this.runtime = runtime;
    this.warnings = warnings;
  }

  Policy policy() throws ConfigException {
    return switch (cluster.getLbPolicy()) {
      case ROUND_ROBIN ->
          new Policy.InTurn(
              SlowStarts.of(
                  cluster.getRoundRobinLbConfig().hasSlowStartConfig(),
                  cluster.getRoundRobinLbConfig().getSlowStartConfig(),
                  runtime));
      case RANDOM -> new Policy.AnyHost();
      case LEAST_REQUEST -> leastRequest(cluster.getLeastRequestLbConfig());
      case RING_HASH -> Hashes.ring(cluster);
      case MAGLEV -> Hashes.maglev(cluster);
      case CLUSTER_PROVIDED -> throw nothingProvided(cluster.getName());
      default ->
          throw new ConfigException(
              path + ".lb_policy: " + cluster.getLbPolicy() + " is not served");
    };
  }

  static ConfigException nothingProvided(String cluster) {
    return new ConfigException(
        "cluster manager: cluster provided LB specified but cluster '"
            + cluster
            + "' did not provide one. Check cluster documentation.");
  }

  private Policy leastRequest(Cluster.LeastRequestLbConfig config) {
    return new Policy.LeastBusy(
        config.hasChoiceCount()
            ? config.getChoiceCount().getValue()
            : Policy.LeastBusy.DEFAULT.choices(),
        SlowStarts.number(config.hasActiveRequestBias(), config.getActiveRequestBias(), runtime),
        false,
        SlowStarts.of(config.hasSlowStartConfig(), config.getSlowStartConfig(), runtime));
  }

  LocalitySpread localities() throws ConfigException {
    Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
    if (common.hasLocalityWeightedLbConfig()) {
      return new LocalitySpread.Weighted();
    }
    Cluster.CommonLbConfig.ZoneAwareLbConfig zones = common.getZoneAwareLbConfig();
    warnings.addAll(
        ClusterFields.ZONE_AWARE.check(zones, path + ".common_lb_config.zone_aware_lb_config"));
    return new LocalitySpread.ZoneAware(
        zones.hasRoutingEnabled()
            ? (int) Math.round(zones.getRoutingEnabled().getValue())
            : LocalitySpread.ZoneAware.DEFAULT.enabledPercent(),
        zones.hasMinClusterSize()
            ? zones.getMinClusterSize().getValue()
            : LocalitySpread.ZoneAware.DEFAULT.minClusterSize(),
        zones.getFailTrafficOnPanic(),
        false);
  }
}
