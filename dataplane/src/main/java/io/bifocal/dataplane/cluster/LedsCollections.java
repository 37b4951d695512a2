package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.xds.Hold;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.Subscriptions;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource.ApiType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.LedsClusterLocalityConfig;
import java.util.HashMap;
import java.util.Map;

/**
 * The collections of endpoints (LEDS) in use: one subscription each, however many clusters name it.
 * A changed cluster finds what its predecessor had.
 */
final class LedsCollections {
  private static final String MEMBER =
      MessageTypes.of(ResourceType.LOCALITY_ENDPOINTS.prototype()).getFullName();

  private final Subscriptions xds;
  private final Map<Key, LedsCollection> open = new HashMap<>();

  /**
   * Which one.
   *
   * @param name canonical
   */
  record Key(ConfigSource source, String name) {}

  LedsCollections(Subscriptions xds) {
    this.xds = xds;
  }

  /**
   * What a configuration names.
   *
   * @throws ConfigException in Envoy's words, when it cannot be a collection of endpoints
   */
  static Key key(LedsClusterLocalityConfig config) throws ConfigException {
    String name = config.getLedsCollectionName();
    ConfigSource source = config.getLedsConfig();
    if (!ResourceName.isStructured(name)) {
      throw new ConfigException(
          name.startsWith("http:") || name.startsWith("file:")
              ? "leds_collection_name: only xdstp: names are served: " + name
              : name + " does not have a xdstp:, http: or file: scheme");
    }
    ResourceName parsed;
    try {
      parsed = ResourceName.parse(name);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    if (!parsed.type().equals(MEMBER)) {
      throw new ConfigException("xdstp:// type does not match " + MEMBER + " in " + name);
    }
    return new Key(source(source), parsed.toString());
  }

  // The aggregated types of a collection's source mean the aggregated stream.
  private static ConfigSource source(ConfigSource source) throws ConfigException {
    if (source.hasAds()) {
      return source;
    }
    if (!source.hasApiConfigSource()) {
      throw new ConfigException(
          "Missing or not supported config source specifier in"
              + " envoy::config::core::v3::ConfigSource for a collection. Only ADS and gRPC in"
              + " delta-xDS mode are supported.");
    }
    ApiConfigSource api = source.getApiConfigSource();
    ApiType type = api.getApiType();
    if (type == ApiType.AGGREGATED_GRPC || type == ApiType.AGGREGATED_DELTA_GRPC) {
      return source.toBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();
    }
    if (type != ApiType.DELTA_GRPC) {
      throw new ConfigException("Unknown xdstp:// transport API type in " + type);
    }
    return source;
  }

  /**
   * Joins; the user hears of what comes from now on, and finds what there is.
   *
   * @throws ConfigException when the source cannot be subscribed to
   */
  LedsCollection join(Key key, LedsCollection.User user) throws ConfigException {
    LedsCollection known = open.get(key);
    if (known != null) {
      known.add(user);
      return known;
    }
    LedsCollection fresh = new LedsCollection(key);
    fresh.add(user);
    try {
      fresh.subscribe(xds);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    open.put(key, fresh);
    return fresh;
  }

  /** Leaves; with the last user the subscription ends. */
  void leave(LedsCollection collection, LedsCollection.User user) {
    if (collection.remove(user)) {
      open.remove(collection.key());
    }
  }

  /** Keeps requests, so that what an assignment changes is one of them. */
  Hold hold() {
    return xds.hold(ResourceType.LOCALITY_ENDPOINTS);
  }

  int size() {
    return open.size();
  }
}
