package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stats.Scope;

/**
 * Statistics of each of a cluster's endpoints: {@code cluster.<name>.endpoint.<address>.*}. Source:
 * {@code track_cluster_stats.per_endpoint_stats}.
 */
final class EndpointStats {
  private final Scope cluster;

  EndpointStats(Scope cluster) {
    this.cluster = cluster;
  }

  /** Where an endpoint's statistics are. */
  Scope of(Address address) {
    String text = address.text();
    return cluster.tagged("endpoint", "envoy.endpoint_address", text, text.replace(':', '_'));
  }

  /** These are the endpoints from now on: they are listed, and what is gone is not. */
  void show(Hosts before, Hosts now) {
    for (Address address : before.byPrimary().keySet()) {
      if (!now.byPrimary().containsKey(address)) {
        of(address).remove();
      }
    }
    now.byPrimary().forEach(this::list);
  }

  private void list(Address address, Host host) {
    var unused = host.stats();
    of(address).gauge("healthy").read(() -> host.health() == Host.Health.HEALTHY ? 1 : 0);
  }
}
