package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One usable host after the other, of the first priority that has any. */
final class RoundRobin implements LoadBalancer {
  private int next;

  RoundRobin(ClusterConfig config) {}

  @Override
  public @Nullable Host choose(HostSet hosts) {
    for (List<Host> priority : hosts.priorities()) {
      for (int i = 0; i < priority.size(); i++) {
        Host host = priority.get(Math.floorMod(next++, priority.size()));
        if (host.health() != Host.Health.UNHEALTHY) {
          return host;
        }
      }
    }
    return null;
  }
}
