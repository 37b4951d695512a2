package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Everything that is watched, each thing once. On the loop. */
final class Watches {
  /** All of a type. */
  static final String EVERYTHING = "";

  private record Key(ConfigSource source, String typeUrl, String name) {}

  private final Loop loop;
  private final Subscriptions subscriptions;
  private final StaticResources statics;
  private final boolean aggregated;
  private final Map<Key, Watched<?>> watched = new HashMap<>();

  /**
   * What a watch joins and leaves.
   *
   * @param name empty for all of the type
   */
  record Place<T extends Message>(
      Watches watches, ConfigSource source, ResourceType<T> type, String name) {
    Place {
      name = ResourceName.canonical(name);
    }

    void join(Watched.Audience<T> audience) {
      watches.join(source, type, name, audience);
    }

    void leave(Watched.Audience<T> audience) {
      watches.leave(source, type, name, audience);
    }
  }

  /**
   * Watches.
   *
   * @param aggregated whether there is a server for the aggregated stream
   */
  Watches(Loop loop, Subscriptions subscriptions, StaticResources statics, boolean aggregated) {
    this.loop = loop;
    this.subscriptions = subscriptions;
    this.statics = statics;
    this.aggregated = aggregated;
  }

  /** Joins; the audience hears at once what is known. What the bootstrap has is not asked for. */
  <T extends Message> void join(
      ConfigSource source, ResourceType<T> type, String name, Watched.Audience<T> audience) {
    Key key = new Key(source, type.typeUrl(), name);
    Watched<T> known = find(key);
    if (known != null) {
      known.add(audience);
      return;
    }
    Resource<T> fixed = statics.find(type, name);
    Watched<T> fresh =
        fixed == null
            ? new Watched<>(type, name, loop.wallTime())
            : Watched.of(type, fixed, loop.wallTime());
    watched.put(key, fresh);
    fresh.add(audience);
    if (fixed == null) {
      subscribe(key, type, fresh);
    }
  }

  private <T extends Message> void subscribe(Key key, ResourceType<T> type, Watched<T> watched) {
    if (key.source().hasAds() && !aggregated) {
      watched.fail(
          WatchError.configuration(
              type,
              key.name(),
              "there is no control plane to ask: name one with dynamic_resources.ads_config in the"
                  + " bootstrap, or server() of the builder"));
      return;
    }
    Set<String> names = key.name().equals(EVERYTHING) ? Set.of() : Set.of(key.name());
    try {
      watched.subscribed(
          subscriptions.subscribe(key.source(), type, names, watched, SubscriptionObserver.NONE));
    } catch (IllegalArgumentException e) {
      watched.fail(WatchError.configuration(type, key.name(), String.valueOf(e.getMessage())));
    }
  }

  <T extends Message> void leave(
      ConfigSource source, ResourceType<T> type, String name, Watched.Audience<T> audience) {
    Key key = new Key(source, type.typeUrl(), name);
    Watched<T> shared = find(key);
    if (shared != null && shared.remove(audience)) {
      watched.remove(key);
    }
  }

  /** What there is of what is watched and cannot, or need not, be subscribed to. */
  List<ResourceStatus> fixedStatuses() {
    return watched.values().stream().flatMap(w -> w.fixedStatus().stream()).toList();
  }

  /** How many different things are watched. */
  int size() {
    return watched.size();
  }

  @SuppressWarnings("unchecked") // the key holds the type's URL
  private <T extends Message> @Nullable Watched<T> find(Key key) {
    return (Watched<T>) watched.get(key);
  }
}
