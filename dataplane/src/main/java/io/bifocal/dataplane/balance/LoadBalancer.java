package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import org.jspecify.annotations.Nullable;

/** One worker's chooser of hosts for one cluster: its cursor lives here. Confined to the worker. */
public interface LoadBalancer {
  /**
   * A host for the next request, or null when none is usable. A change of health must come with a
   * new {@code HostSet}, since what follows from one is worked out once.
   */
  @Nullable Host choose(HostSet hosts, LoadBalancerContext context);

  /** The same for a request of which nothing counts. */
  default @Nullable Host choose(HostSet hosts) {
    return choose(hosts, LoadBalancerContext.NONE);
  }

  /** The balancer of a policy. */
  static LoadBalancer of(Policy policy, Surroundings around) {
    if (policy instanceof ConsistentHash hash) {
      return new Hashing(hash, around);
    }
    if (policy instanceof Policy.LeastBusy least) {
      return new LeastRequest(least, around);
    }
    if (policy instanceof Policy.ByReports reports) {
      return new RoundsByReports(reports, around);
    }
    return policy instanceof Policy.InTurn turns
        ? new RoundRobin(turns, around)
        : new RandomChoice(around);
  }
}
