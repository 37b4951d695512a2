package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.ondemand.Question;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Scopes that a connection manager itself lists, with their routes. Of two with one key the last
 * counts.
 */
final class FixedScopes implements RouteSource {
  private final ScopeKeyBuilder keys;
  private final Instant since;
  private final Consumer<FixedScopes> onClose;
  private final List<RouteScope> scopes = new ArrayList<>();
  private final Map<List<String>, RouteScope> byKey = new HashMap<>();

  FixedScopes(ScopeKeyBuilder keys, Instant since, Consumer<FixedScopes> onClose) {
    this.keys = keys;
    this.since = since;
    this.onClose = onClose;
  }

  /** Before the first request. */
  void add(ScopedRouteConfiguration config, RouteScope.Loader loader, InitManager init)
      throws ConfigException {
    if (!config.hasRouteConfiguration()) {
      throw new ConfigException(
          config.getRouteConfigurationName().isEmpty()
              ? "You must specify a route_configuration with inline scoped routes."
              : "Fetching routes via RDS (route_configuration_name) is not supported with inline"
                  + " scoped routes.");
    }
    RouteScope scope = new RouteScope(config, loader, Duration.ZERO, RouteScope.Listener.NONE);
    scopes.add(scope);
    scope.load(init);
    byKey.put(Scopes.key(config), scope);
  }

  List<RouteScope> scopes() {
    return scopes;
  }

  Instant since() {
    return since;
  }

  private @Nullable RouteScope scopeOf(RequestHead head) {
    List<String> key = keys.key(head);
    return key == null ? null : byKey.get(key);
  }

  @Override
  public @Nullable RouteTable current(RequestHead head) {
    RouteScope scope = scopeOf(head);
    return scope == null ? null : scope.current(head);
  }

  @Override
  public @Nullable Question missing(RequestHead head) {
    RouteScope scope = scopeOf(head);
    return scope == null ? null : scope.missing(head);
  }

  @Override
  public void close() {
    scopes.forEach(RouteScope::close);
    onClose.accept(this);
  }
}
