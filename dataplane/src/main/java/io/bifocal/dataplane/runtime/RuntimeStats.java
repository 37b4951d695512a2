package io.bifocal.dataplane.runtime;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;

/** {@code runtime.*}; the control loop's. */
final class RuntimeStats {
  final Counter loadSuccess;
  final Counter loadError;
  final Counter overrideDirExists;
  final Counter overrideDirNotExists;
  final Gauge keys;
  final Gauge layers;
  final Gauge adminOverridesActive;

  RuntimeStats(Scope root) {
    Scope scope = root.scope("runtime");
    loadSuccess = scope.counter("load_success");
    loadError = scope.counter("load_error");
    overrideDirExists = scope.counter("override_dir_exists");
    overrideDirNotExists = scope.counter("override_dir_not_exists");
    keys = scope.gauge("num_keys");
    layers = scope.gauge("num_layers");
    adminOverridesActive = scope.gauge("admin_overrides_active");
    // Nothing here is deprecated by a flag: they are there because dashboards show them.
    var used = scope.counter("deprecated_feature_use");
    var seen = scope.gauge("deprecated_feature_seen_since_process_start");
    used.add(0);
    seen.set(0);
  }
}
