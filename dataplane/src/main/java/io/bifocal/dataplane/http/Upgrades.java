package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which other protocols clients may ask for: a route's word, else the connection manager's.
 *
 * @param allowed by the protocol's name in lower case
 */
record Upgrades(Map<String, Boolean> allowed) {
  Upgrades {
    allowed = Map.copyOf(allowed);
  }

  static Upgrades of(HttpConnectionManager config) throws ConfigException {
    Map<String, Boolean> allowed = new HashMap<>();
    for (int i = 0; i < config.getUpgradeConfigsCount(); i++) {
      UpgradeConfig upgrade = config.getUpgradeConfigs(i);
      boolean enabled = !upgrade.hasEnabled() || upgrade.getEnabled().getValue();
      if (allowed.put(upgrade.getUpgradeType().toLowerCase(Locale.ROOT), enabled) != null) {
        throw new ConfigException(
            "Error: multiple upgrade configs with the same name: '%s'"
                .formatted(upgrade.getUpgradeType()));
      }
    }
    return new Upgrades(allowed);
  }

  /** Whether a request that asks for one may have it. */
  boolean allow(RequestHead head, @Nullable Route route) {
    String wanted = head.upgrade;
    if (wanted == null) {
      return true;
    }
    if (head.isConnect() && route == null) {
      return true; // and will find nothing
    }
    String name = wanted.toLowerCase(Locale.ROOT);
    if (route != null && route.action() instanceof RouteAction.Forward forward) {
      Boolean said = forward.upgrades().get(name);
      if (said != null) {
        return said;
      }
    }
    return allowed.getOrDefault(name, false);
  }
}
