package io.bifocal.xds.internal.tree;

import io.bifocal.xds.Resource;
import io.bifocal.xds.WatchError;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a resource names.
 *
 * @param parts all of it, each once, in order
 * @param routes of a listener
 * @param unresolved what is named but not followed
 */
record References(Set<PartKey<?>> parts, List<Routes> routes, List<WatchError> unresolved) {
  static final References NONE = of(Set.of());

  References {
    parts = Collections.unmodifiableSet(new LinkedHashSet<>(parts));
    routes = List.copyOf(routes);
    unresolved = List.copyOf(unresolved);
  }

  static References of(Set<? extends PartKey<?>> parts) {
    return new References(new LinkedHashSet<PartKey<?>>(parts), List.of(), List.of());
  }

  /** The routes of one HTTP connection manager. */
  sealed interface Routes {
    /** To be fetched. */
    record Named(PartKey<RouteConfiguration> key) implements Routes {}

    /** Written out in the listener, whose version it bears. */
    record Inline(Resource<RouteConfiguration> resource, Set<PartKey<?>> parts) implements Routes {}

    /** By scope, to be fetched. */
    record Scoped(PartKey<ScopedRouteConfigurationsList> key) implements Routes {}

    /** By scope, listed in the listener, whose version they bear. */
    record Listed(ScopedRouteConfigurationsList scopes, String version, Set<PartKey<?>> parts)
        implements Routes {}
  }
}
