package io.bifocal.xds.internal.source;

import io.bifocal.xds.SubscriptionObserver;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the answers to one subscription, told to its observer as Envoy counts it where
 * there is no stream: an attempt begins when something is fetched, and not when another has ended.
 */
final class Outcomes implements SubscriptionObserver {
  private final SubscriptionObserver observer;
  private final boolean unreadableIsFailure;
  private boolean unreadable;
  private @Nullable String taken;

  /**
   * @param unreadableIsFailure whether what cannot be read counts as a failure, not as a refusal
   */
  Outcomes(SubscriptionObserver observer, boolean unreadableIsFailure) {
    this.observer = observer;
    this.unreadableIsFailure = unreadableIsFailure;
  }

  /** Something is fetched. */
  void attempt() {
    observer.onAttempt();
  }

  /** An answer goes to the watcher; until it is refused, or settled, its version is held. */
  void before(String version, boolean unreadable) {
    this.unreadable = unreadable;
    taken = version;
  }

  /** The version of an answer that is not settled; null when none is open. */
  @Nullable String taken() {
    return taken;
  }

  @Override
  public void onSuccess(String version, Duration took) {
    taken = null;
    observer.onSuccess(version, took);
  }

  @Override
  public void onRejected(String reason) {
    taken = null;
    if (unreadable && unreadableIsFailure) {
      observer.onFailure();
    } else {
      observer.onRejected(reason);
    }
  }

  @Override
  public void onFailure() {
    observer.onFailure();
  }

  @Override
  public void onFetchTimeout() {
    observer.onFetchTimeout();
  }

  @Override
  public void onEnd() {
    observer.onEnd();
  }
}
