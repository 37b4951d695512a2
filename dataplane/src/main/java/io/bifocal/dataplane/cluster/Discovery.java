package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;

/** Where a cluster's hosts come from. */
public sealed interface Discovery {
  /** From the configuration itself. */
  record Static(ClusterLoadAssignment assignment) implements Discovery {}

  /**
   * From EDS.
   *
   * @param resource {@code service_name}, or the cluster's name
   */
  record Eds(ConfigSource source, String resource) implements Discovery {}
}
