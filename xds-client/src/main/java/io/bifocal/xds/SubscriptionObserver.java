package io.bifocal.xds;

import java.time.Duration;

/**
 * Counts what happens to one subscription, in Envoy's terms ({@code update_attempt}, …). All calls
 * come on the client's loop.
 */
public interface SubscriptionObserver {
  SubscriptionObserver NONE = new SubscriptionObserver() {};

  /** The subscription started, or an answer (good, bad or none) ended an attempt. */
  default void onAttempt() {}

  /** A response was taken. */
  default void onSuccess(String version, Duration took) {}

  /** A response was refused. */
  default void onRejected(String reason) {}

  /** The transport failed. */
  default void onFailure() {}

  /** {@code initial_fetch_timeout} ran out. */
  default void onFetchTimeout() {}

  /** Counts the stream that serves this subscription alone; asked for if there is one. */
  default TransportObserver ownStream() {
    return TransportObserver.NONE;
  }

  /** Whoever subscribed has ended it for good, and says so itself. */
  default void onEnd() {}
}
