package io.bifocal.xds.snapshot;

import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import java.util.Optional;

/**
 * A scope: a key, and the routes that hold there.
 *
 * @param scope from SRDS, or listed in the listener
 * @param routes from RDS, or written out in the scope; empty when they are to be asked for only
 *     {@code on_demand}
 */
public record ScopeSnapshot(ScopedRouteConfiguration scope, Optional<RouteSnapshot> routes) {
  public String name() {
    return scope.getName();
  }
}
