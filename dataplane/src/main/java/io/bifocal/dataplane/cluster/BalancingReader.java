package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.List;

/** How a cluster's hosts are chosen. */
final class BalancingReader {
  private BalancingReader() {}

  /**
   * @param runtime where some numbers may be changed
   */
  static Balancing read(
      Cluster cluster,
      Discovery discovery,
      String path,
      RuntimeReader runtime,
      List<String> warnings)
      throws ConfigException {
    Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
    warnings.addAll(ClusterFields.COMMON_LB.check(common, path + ".common_lb_config"));
    int panic =
        common.hasHealthyPanicThreshold()
            ? (int) Math.round(common.getHealthyPanicThreshold().getValue())
            : Balancing.DEFAULT.panicThreshold();
    if (discovery instanceof OriginalDestination) {
      return new Balancing(Balancing.DEFAULT.policy(), panic); // there is nothing to choose
    }
    if (cluster.hasLoadBalancingPolicy()) {
      return new TypedPolicyReader(cluster.getName(), panic, runtime, warnings)
          .read(cluster.getLoadBalancingPolicy(), path + ".load_balancing_policy");
    }
    LbPolicyReader older = new LbPolicyReader(cluster, path, runtime, warnings);
    return new Balancing(
        older.policy(),
        older.localities(),
        panic,
        new SubsetsReader(path + ".lb_subset_config", warnings).read(cluster.getLbSubsetConfig()));
  }
}
