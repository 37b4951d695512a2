package io.bifocal.xds.snapshot;

import io.bifocal.xds.Resource;
import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A listener and all that it leads to.
 *
 * @param listener the listener
 * @param routes of its HTTP connection managers, those of scopes among them, in the order of the
 *     filter chains; one that is named twice is there once
 * @param scopes of its HTTP connection managers, in the order of the filter chains, by name
 * @param clusters by name: those of all routes, and those of TCP proxies
 * @param unresolved why scopes are missing
 */
public record ListenerSnapshot(
    Resource<Listener> listener,
    List<RouteSnapshot> routes,
    List<ScopeSnapshot> scopes,
    Map<String, ClusterSnapshot> clusters,
    List<WatchError> unresolved) {
  public ListenerSnapshot {
    routes = List.copyOf(routes);
    scopes = List.copyOf(scopes);
    clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
    unresolved = List.copyOf(unresolved);
  }

  public String name() {
    return listener.name();
  }

  /** The route configuration of that name. */
  public Optional<RouteSnapshot> route(String name) {
    return routes.stream().filter(route -> route.name().equals(name)).findFirst();
  }

  /** The cluster of that name. */
  public Optional<ClusterSnapshot> cluster(String name) {
    return Optional.ofNullable(clusters.get(name));
  }

  /** Why what is missing is missing, each once. */
  public List<WatchError> errors() {
    Set<WatchError> errors = new LinkedHashSet<>(unresolved);
    routes.forEach(route -> errors.addAll(route.errors()));
    clusters.values().forEach(cluster -> errors.addAll(cluster.errors()));
    return List.copyOf(errors);
  }

  /** Whether nothing is missing. */
  public boolean isComplete() {
    return errors().isEmpty();
  }
}
