package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Scopes by name, as their source tells them, checked in Envoy's words. */
final class Scopes {
  private Scopes() {}

  /** The key in comparable form. */
  static List<String> key(ScopedRouteConfiguration scope) {
    return scope.getKey().getFragmentsList().stream()
        .map(ScopedRouteConfiguration.Key.Fragment::getStringKey)
        .toList();
  }

  /**
   * What is there after an update.
   *
   * @param kept those before it that it does not concern
   * @param news those that it brings
   * @throws ConfigException when a name or a key occurs twice, or a scope says nothing of routes
   */
  static Map<String, ScopedRouteConfiguration> merge(
      Map<String, ScopedRouteConfiguration> kept, List<ScopedRouteConfiguration> news)
      throws ConfigException {
    Map<String, ScopedRouteConfiguration> all = new LinkedHashMap<>(kept);
    Set<String> fresh = new HashSet<>();
    for (ScopedRouteConfiguration scope : news) {
      if (!fresh.add(scope.getName())) {
        throw conflict("duplicate scoped route configuration '" + scope.getName() + "' found");
      }
      all.put(scope.getName(), scope);
    }
    Map<List<String>, String> names = new HashMap<>();
    for (ScopedRouteConfiguration scope : all.values()) {
      String first = names.putIfAbsent(key(scope), scope.getName());
      if (first != null) {
        throw conflict(
            "scope key conflict found, first scope is '%s', second scope is '%s'"
                .formatted(first, scope.getName()));
      }
    }
    for (ScopedRouteConfiguration scope : news) {
      if (scope.getRouteConfigurationName().isEmpty() && !scope.hasRouteConfiguration()) {
        throw new ConfigException("route_configuration_name is empty.");
      }
    }
    return all;
  }

  private static ConfigException conflict(String what) {
    return new ConfigException("Error adding/updating scoped route(s): " + what);
  }
}
