package io.bifocal.xds.snapshot;

import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A cluster and its endpoints.
 *
 * @param cluster the cluster
 * @param endpoints from EDS, or {@code load_assignment}; empty when the cluster is missing, or has
 *     neither. They stay when the control plane only says that there are none any more, as Envoy's
 *     do. Those of a collection (LEDS) stand in their locality
 * @param unresolved why collections of endpoints are missing
 */
public record ClusterSnapshot(
    Part<Cluster> cluster,
    Optional<Part<ClusterLoadAssignment>> endpoints,
    List<WatchError> unresolved) {
  public ClusterSnapshot {
    unresolved = List.copyOf(unresolved);
  }

  public String name() {
    return cluster.name();
  }

  /** The endpoints' message, when there is one. */
  public Optional<ClusterLoadAssignment> assignment() {
    return endpoints.flatMap(Part::value);
  }

  /** Why what is missing is missing. */
  public List<WatchError> errors() {
    List<WatchError> errors = new ArrayList<>(cluster.errors());
    endpoints.ifPresent(part -> errors.addAll(part.errors()));
    errors.addAll(unresolved);
    return errors;
  }

  /** Whether nothing is missing. */
  public boolean isComplete() {
    return errors().isEmpty();
  }
}
