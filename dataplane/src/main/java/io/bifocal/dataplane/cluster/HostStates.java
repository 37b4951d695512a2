package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.stats.StatsStore;

/** Makes what of a host outlives its updates. */
final class HostStates {
  private HostStates() {}

  static HostState create(StatsStore stats, Address primary) {
    return new HostState(primary, HostStats.in(stats.unlisted()));
  }
}
