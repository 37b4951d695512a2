package io.bifocal.dataplane.http;

import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.HashMap;
import java.util.Map;

/** VHDS, one subscription for each source whoever asks. Confined to the control loop. */
final class VirtualHostSources {
  private final Subscriptions xds;
  private final Map<ConfigSource, VirtualHostSource> sources = new HashMap<>();

  VirtualHostSources(Subscriptions xds) {
    this.xds = xds;
  }

  /**
   * The virtual hosts of a route configuration.
   *
   * @param owner hears of them
   * @throws IllegalArgumentException when the source is of a kind that is not served
   */
  VirtualHostSource.Lease lease(
      ConfigSource from,
      String routes,
      SubscriptionObserver observer,
      VirtualHostSource.Owner owner) {
    VirtualHostSource source = sources.get(from);
    if (source == null) {
      source = new VirtualHostSource(xds, from, () -> sources.remove(from));
      sources.put(from, source);
    }
    return source.lease(routes, observer, owner);
  }
}
