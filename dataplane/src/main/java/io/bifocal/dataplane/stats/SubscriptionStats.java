package io.bifocal.dataplane.stats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.time.Loop;
import java.time.Duration;

/**
 * What Envoy counts of one subscription: {@code update_attempt}, {@code update_success}, {@code
 * update_failure}, {@code update_rejected}, {@code init_fetch_timeout}, and the last version taken
 * as a text and as a number. Belongs to the control loop.
 */
public final class SubscriptionStats implements SubscriptionObserver {
  private final Scope scope;
  private final Loop loop;
  private final Counter attempts;
  private final Counter successes;
  private final Counter failures;
  private final Counter rejections;
  private final Counter fetchTimeouts;
  private final Gauge version;
  private final TextReadout versionText;
  private final Gauge time;
  private final Histogram duration;

  /**
   * Makes the statistics, all zero.
   *
   * @param scope the subscription's, e.g. {@code cluster_manager.cds.}
   */
  public SubscriptionStats(Scope scope, Loop loop) {
    this.scope = scope;
    this.loop = loop;
    attempts = scope.counter("update_attempt");
    successes = scope.counter("update_success");
    failures = scope.counter("update_failure");
    rejections = scope.counter("update_rejected");
    fetchTimeouts = scope.counter("init_fetch_timeout");
    version = scope.gauge("version");
    versionText = scope.text("version_text");
    time = scope.gauge("update_time");
    duration = scope.histogram("update_duration", Histogram.Unit.MILLISECONDS);
  }

  @Override
  public void onAttempt() {
    loop.assertInLoop();
    attempts.inc();
  }

  @Override
  public void onSuccess(String version, Duration took) {
    loop.assertInLoop();
    successes.inc();
    this.version.set(XxHash64.hash(version.getBytes(UTF_8)));
    versionText.set(version);
    time.set(loop.wallTime().toEpochMilli());
    duration.record(StatsStore.CONTROL, took.toMillis());
  }

  @Override
  public void onRejected(String reason) {
    loop.assertInLoop();
    rejections.inc();
  }

  @Override
  public void onFailure() {
    loop.assertInLoop();
    failures.inc();
  }

  @Override
  public void onFetchTimeout() {
    loop.assertInLoop();
    fetchTimeouts.inc();
  }

  @Override
  public TransportObserver ownStream() {
    return ControlPlaneStats.ofOwnStream(scope);
  }

  @Override
  public void onEnd() {
    loop.assertInLoop();
    scope.remove();
  }
}
