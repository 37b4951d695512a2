package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.api.JavaDuration;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import java.util.Set;

/**
 * The plain door, which a data plane uses: each subscription hears the responses that come after
 * it, as Envoy's do, and nothing is replayed. {@link XdsClient} puts values, last errors and replay
 * on top of it. To be used on the client's loop.
 */
public interface Subscriptions {
  /**
   * Subscribes.
   *
   * @param source where from; {@link #initialFetchTimeout} is read from it
   * @param names what; empty for everything there is of the type, and with {@code *} among them for
   *     everything and these by name, which is how more is asked for on demand
   * @throws IllegalArgumentException when the source is of a kind that is not served, naming it
   */
  <T extends Message> Subscription subscribe(
      ConfigSource source,
      ResourceType<T> type,
      Set<String> names,
      ResourceWatcher<T> watcher,
      SubscriptionObserver observer);

  /** Holds the requests of a type on the aggregated stream. */
  Hold hold(ResourceType<?> type);

  /** How long a subscription to a source waits for its first answer; zero for ever. */
  static Duration initialFetchTimeout(ConfigSource source) {
    return source.hasInitialFetchTimeout()
        ? JavaDuration.of(source.getInitialFetchTimeout())
        : Duration.ofSeconds(15);
  }
}
