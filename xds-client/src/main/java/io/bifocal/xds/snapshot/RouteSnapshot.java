package io.bifocal.xds.snapshot;

import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A route configuration and the clusters that it names.
 *
 * @param routes from RDS, or written out in the listener; virtual hosts that come by themselves
 *     (VHDS) stand behind those written there
 * @param clusters by name, in the order of the routes: single, weighted and mirrored ones. A
 *     cluster that only a request determines ({@code cluster_header}, a plugin) is not among them
 * @param unresolved why there are no virtual hosts by VHDS
 */
public record RouteSnapshot(
    Part<RouteConfiguration> routes,
    Map<String, ClusterSnapshot> clusters,
    List<WatchError> unresolved) {
  public RouteSnapshot {
    clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
    unresolved = List.copyOf(unresolved);
  }

  /** The configuration's name; may be empty when it is written out in the listener. */
  public String name() {
    return routes.name();
  }

  /** Why what is missing is missing. */
  public List<WatchError> errors() {
    List<WatchError> errors = new ArrayList<>(routes.errors());
    errors.addAll(unresolved);
    clusters.values().forEach(cluster -> errors.addAll(cluster.errors()));
    return errors;
  }
}
