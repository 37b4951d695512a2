package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.SubscriptionStats;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a cluster counts of its collections of endpoints: {@code cluster.<name>.leds.*}; equal to
 * any other of that cluster.
 */
final class LedsStats {
  private final SubscriptionObserver observer;
  private final Counter updateEmpty;

  LedsStats(Scope scope, Loop control) {
    this.observer = new SubscriptionStats(scope, control);
    this.updateEmpty = scope.counter("update_empty");
  }

  SubscriptionObserver observer() {
    return observer;
  }

  Counter updateEmpty() {
    return updateEmpty;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LedsStats stats && stats.updateEmpty.equals(updateEmpty);
  }

  @Override
  public int hashCode() {
    return updateEmpty.hashCode();
  }

  /** One subscription that several clusters count. */
  record Shared(Supplier<? extends Collection<LedsStats>> counting)
      implements SubscriptionObserver {
    private void each(Consumer<SubscriptionObserver> call) {
      counting.get().forEach(stats -> call.accept(stats.observer()));
    }

    @Override
    public void onAttempt() {
      each(SubscriptionObserver::onAttempt);
    }

    @Override
    public void onSuccess(String version, Duration took) {
      each(observer -> observer.onSuccess(version, took));
    }

    @Override
    public void onRejected(String reason) {
      each(observer -> observer.onRejected(reason));
    }

    @Override
    public void onFailure() {
      each(SubscriptionObserver::onFailure);
    }

    @Override
    public void onFetchTimeout() {
      each(SubscriptionObserver::onFetchTimeout);
    }

    /** A stream is counted by the cluster that opened it. */
    @Override
    public TransportObserver ownStream() {
      return counting.get().iterator().next().observer().ownStream();
    }
  }
}
