package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.route.v3.RouteAction.UpgradeConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a route says of requests for another protocol ({@code upgrade_configs}). */
final class UpgradeReader {
  private UpgradeReader() {}

  /** Whether they are let in, by the protocol's name in lower case. */
  static Map<String, Boolean> read(List<UpgradeConfig> configs) throws ConfigException {
    Map<String, Boolean> all = new HashMap<>();
    for (UpgradeConfig config : configs) {
      boolean enabled = !config.hasEnabled() || config.getEnabled().getValue();
      if (all.put(config.getUpgradeType().toLowerCase(Locale.ROOT), enabled) != null) {
        throw new ConfigException("Duplicate upgrade " + config.getUpgradeType());
      }
    }
    return all;
  }
}
