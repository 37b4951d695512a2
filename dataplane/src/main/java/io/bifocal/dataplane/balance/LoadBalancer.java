package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
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

  /**
   * The balancer of {@code Cluster.lb_policy} with Envoy's defaults.
   *
   * @param chance 64 random bits at every call
   * @throws IllegalArgumentException for a policy that needs a hash, or that is none
   */
  static LoadBalancer of(LbPolicy policy, LongSupplier chance) {
    return of(policy, 2, Panic.DEFAULT, chance);
  }

  /**
   * The balancer of {@code Cluster.lb_policy}.
   *
   * @param choices of least request: how many hosts are compared ({@code choice_count})
   * @param chance 64 random bits at every call
   * @throws IllegalArgumentException for a policy that needs a hash, or that is none
   */
  static LoadBalancer of(LbPolicy policy, int choices, Panic panic, LongSupplier chance) {
    return switch (policy) {
      case ROUND_ROBIN -> new RoundRobin(panic, chance);
      case LEAST_REQUEST -> new LeastRequest(choices, panic, chance);
      case RANDOM -> new RandomChoice(panic, chance);
      default -> throw new IllegalArgumentException("not supported: lb_policy " + policy);
    };
  }

  /**
   * One that keeps requests to the hosts that their hashes lead to.
   *
   * @param onTable hears of every table that is made
   */
  static LoadBalancer of(
      ConsistentHash how, Panic panic, LongSupplier chance, Consumer<TableShape> onTable) {
    return new Hashing(how, panic, chance, onTable);
  }
}
