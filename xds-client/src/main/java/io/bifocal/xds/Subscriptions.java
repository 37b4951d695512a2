package io.bifocal.xds;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
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
   * @param source where from; {@code initial_fetch_timeout} is read from it (default 15 s, 0 for
   *     ever)
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
}
