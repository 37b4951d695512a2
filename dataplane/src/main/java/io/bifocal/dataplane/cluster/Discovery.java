package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.dns.LookupFamily;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;

/** Where a cluster's hosts come from. */
public sealed interface Discovery
    permits Discovery.Static, Discovery.Eds, Discovery.Dns, OriginalDestination {
  /** Whether a host of it may ever have more than one address. */
  boolean mayRace();

  /** From the configuration itself. */
  record Static(ClusterLoadAssignment assignment) implements Discovery {
    @Override
    public boolean mayRace() {
      return assignment.getEndpointsList().stream()
          .flatMap(place -> place.getLbEndpointsList().stream())
          .anyMatch(endpoint -> endpoint.getEndpoint().getAdditionalAddressesCount() > 0);
    }
  }

  /**
   * From EDS.
   *
   * @param resource {@code service_name}, or the cluster's name
   */
  record Eds(ConfigSource source, String resource) implements Discovery {
    @Override
    public boolean mayRace() {
      return true;
    }
  }

  /**
   * From a resolver.
   *
   * @param waitForWarm whether the cluster waits for the first answer
   */
  record Dns(
      DnsEndpoints endpoints,
      LookupFamily family,
      ResolverConfig resolver,
      RefreshRate refresh,
      boolean waitForWarm)
      implements Discovery {
    @Override
    public boolean mayRace() {
      return endpoints.logical();
    }
  }
}
