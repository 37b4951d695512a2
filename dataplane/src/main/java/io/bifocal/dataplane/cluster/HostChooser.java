package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.balance.SubsetBalancer;
import io.bifocal.dataplane.balance.SubsetIndex;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import org.jspecify.annotations.Nullable;

/** Who chooses the hosts of one cluster on one worker. */
interface HostChooser {
  /** The hosts are these from now on. */
  void update(ClusterSnapshot snapshot);

  /** A host for the next request, or null when none is usable. */
  @Nullable Host next(LoadBalancerContext context);

  /** Whether what is chosen does not depend on what is asked for. */
  boolean isForeseeable();

  /** Whether it makes hosts that are not the cluster's yet. */
  default boolean makesHosts() {
    return false;
  }

  /** The one at the address where a request is to go. */
  final class ByDestination implements HostChooser {
    private final int shard;
    private @Nullable OriginalHosts hosts;

    ByDestination(int shard) {
      this.shard = shard;
    }

    @Override
    public void update(ClusterSnapshot snapshot) {
      hosts = snapshot.original();
    }

    @Override
    public @Nullable Host next(LoadBalancerContext context) {
      Address wanted = context.destination();
      return hosts == null || wanted == null ? null : hosts.find(wanted, shard);
    }

    @Override
    public boolean isForeseeable() {
      return false;
    }

    @Override
    public boolean makesHosts() {
      return true;
    }
  }

  /** All hosts alike. */
  final class Plain implements HostChooser {
    private final LoadBalancer balancer;
    private final boolean foreseeable;
    private HostSet hosts = HostSet.EMPTY;

    Plain(LoadBalancer balancer, boolean foreseeable) {
      this.balancer = balancer;
      this.foreseeable = foreseeable;
    }

    @Override
    public void update(ClusterSnapshot snapshot) {
      hosts = snapshot.hosts().set();
    }

    @Override
    public @Nullable Host next(LoadBalancerContext context) {
      return balancer.choose(hosts, context);
    }

    @Override
    public boolean isForeseeable() {
      return foreseeable;
    }
  }

  /** Those that are as a request wants them. */
  record BySubset(SubsetBalancer balancer) implements HostChooser {
    @Override
    public void update(ClusterSnapshot snapshot) {
      SubsetIndex subsets = snapshot.subsets();
      balancer.update(subsets == null ? SubsetIndex.EMPTY : subsets);
    }

    @Override
    public @Nullable Host next(LoadBalancerContext context) {
      return balancer.choose(context);
    }

    @Override
    public boolean isForeseeable() {
      return false;
    }
  }
}
