package io.bifocal.xds;

import com.google.protobuf.Message;
import io.bifocal.xds.internal.tree.Ground.Ear;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
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

  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private record Key(ConfigSource source, String typeUrl, String name) {}

  private final Loop loop;
  private final Subscriptions subscriptions;
  private final StaticResources statics;
  private final Map<ResourceType<?>, ConfigSource> sources;
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

    void join(Ear<T> ear) {
      watches.join(source, type, name, ear);
    }

    void leave(Ear<T> ear) {
      watches.leave(source, type, name, ear);
    }
  }

  /**
   * Nothing is watched yet.
   *
   * @param sources where resources of a type come from; of types that it lacks, from the aggregated
   *     stream
   * @param aggregated whether there is a server for that
   */
  Watches(
      Loop loop,
      Subscriptions subscriptions,
      StaticResources statics,
      Map<ResourceType<?>, ConfigSource> sources,
      boolean aggregated) {
    this.loop = loop;
    this.subscriptions = subscriptions;
    this.statics = statics;
    this.sources = Map.copyOf(sources);
    this.aggregated = aggregated;
  }

  /** Where resources of a type come from. */
  ConfigSource sourceOf(ResourceType<?> type) {
    return sources.getOrDefault(type, ADS);
  }

  /**
   * What is to be watched, there.
   *
   * @param name empty for all of the type
   */
  <T extends Message> Place<T> place(ResourceType<T> type, String name) {
    return new Place<>(this, sourceOf(type), type, name);
  }

  /** Joins; the ear hears at once what is known. What the bootstrap has is not asked for. */
  <T extends Message> void join(
      ConfigSource source, ResourceType<T> type, String name, Ear<T> ear) {
    Key key = new Key(source, type.typeUrl(), name);
    Watched<T> known = find(key);
    if (known != null) {
      known.add(ear);
      return;
    }
    Resource<T> fixed = statics.find(type, name);
    Watched<T> fresh =
        fixed == null
            ? new Watched<>(type, name, loop.wallTime())
            : Watched.of(type, fixed, loop.wallTime());
    watched.put(key, fresh);
    fresh.add(ear);
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
      ConfigSource source, ResourceType<T> type, String name, Ear<T> ear) {
    Key key = new Key(source, type.typeUrl(), name);
    Watched<T> shared = find(key);
    if (shared != null && shared.remove(ear)) {
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
