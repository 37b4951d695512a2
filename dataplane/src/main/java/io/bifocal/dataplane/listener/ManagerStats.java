package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;

/** {@code listener_manager.*}. */
final class ManagerStats {
  final Counter added;
  final Counter modified;
  final Counter removed;
  final Counter stopped;
  final Counter createSuccess;
  final Counter createFailure;
  final Counter inPlaceUpdated;
  final Gauge active;
  final Gauge warming;
  final Gauge draining;
  final Gauge drainingChains;
  final Gauge workersStarted;

  ManagerStats(Scope root) {
    Scope scope = root.scope("listener_manager");
    added = scope.counter("listener_added");
    modified = scope.counter("listener_modified");
    removed = scope.counter("listener_removed");
    stopped = scope.counter("listener_stopped");
    createSuccess = scope.counter("listener_create_success");
    createFailure = scope.counter("listener_create_failure");
    inPlaceUpdated = scope.counter("listener_in_place_updated");
    active = scope.gauge("total_listeners_active");
    warming = scope.gauge("total_listeners_warming");
    draining = scope.gauge("total_listeners_draining");
    drainingChains = scope.gauge("total_filter_chains_draining");
    workersStarted = scope.gauge("workers_started");
  }
}
