package io.bifocal.dataplane.stats;

import io.bifocal.xds.LoadObserver;

/**
 * What Envoy counts of its load reports ({@code load_reporter.*}), in its own point of view: what
 * it is told is a request, what it tells is a response. Belongs to the control loop.
 */
public final class LoadReporterStats implements LoadObserver {
  private final Counter requests;
  private final Counter responses;
  private final Counter errors;

  /** Makes the statistics, all zero. */
  public LoadReporterStats(Scope root) {
    Scope scope = root.scope("load_reporter");
    requests = scope.counter("requests");
    responses = scope.counter("responses");
    errors = scope.counter("errors");
  }

  @Override
  public void onInstruction() {
    requests.inc();
  }

  @Override
  public void onReport() {
    responses.inc();
  }

  @Override
  public void onFailure() {
    errors.inc();
  }
}
