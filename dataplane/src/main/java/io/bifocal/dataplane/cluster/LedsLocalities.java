package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The localities of one assignment whose endpoints come from collections (LEDS). */
final class LedsLocalities implements LedsCollection.User, AutoCloseable {
  private final LedsCollections collections;
  private final LedsStats stats;
  private final Runnable onEndpoints;
  private final Map<LedsCollections.Key, LedsCollection> used = new LinkedHashMap<>();

  private LedsLocalities(LedsCollections collections, LedsStats stats, Runnable onEndpoints) {
    this.collections = collections;
    this.stats = stats;
    this.onEndpoints = onEndpoints;
  }

  /** Whether an assignment has any. */
  static boolean in(ClusterLoadAssignment assignment) {
    return assignment.getEndpointsList().stream()
        .anyMatch(LocalityLbEndpoints::hasLedsClusterLocalityConfig);
  }

  /**
   * Subscribes to what an assignment names.
   *
   * @param onEndpoints runs when a collection is another, or is given up
   * @throws ConfigException in Envoy's words; nothing is subscribed to then
   */
  static LedsLocalities join(
      ClusterLoadAssignment assignment,
      LedsCollections collections,
      Supplier<LedsStats> stats,
      Runnable onEndpoints)
      throws ConfigException {
    LedsLocalities fresh = new LedsLocalities(collections, stats.get(), onEndpoints);
    try {
      for (LocalityLbEndpoints place : assignment.getEndpointsList()) {
        if (place.hasLedsClusterLocalityConfig()) {
          fresh.join(assignment, place);
        }
      }
    } catch (ConfigException e) {
      fresh.close();
      throw e;
    }
    return fresh;
  }

  private void join(ClusterLoadAssignment assignment, LocalityLbEndpoints place)
      throws ConfigException {
    if (place.getLbEndpointsCount() > 0) {
      throw new ConfigException(
          "A ClusterLoadAssignment for cluster "
              + assignment.getClusterName()
              + " cannot include both LEDS (resource: "
              + place.getLedsClusterLocalityConfig().getLedsCollectionName()
              + ") and a list of endpoints.");
    }
    LedsCollections.Key key = LedsCollections.key(place.getLedsClusterLocalityConfig());
    if (!used.containsKey(key)) {
      used.put(key, collections.join(key, this));
    }
  }

  /** Whether nothing is waited for. */
  boolean complete() {
    return used.values().stream().allMatch(LedsCollection::answered);
  }

  /**
   * The assignment with the endpoints that there are now.
   *
   * @throws ConfigException never for the assignment that was joined
   */
  ClusterLoadAssignment fill(ClusterLoadAssignment assignment) throws ConfigException {
    ClusterLoadAssignment.Builder filled = assignment.toBuilder();
    for (LocalityLbEndpoints.Builder place : filled.getEndpointsBuilderList()) {
      if (place.hasLedsClusterLocalityConfig()) {
        LedsCollection collection =
            used.get(LedsCollections.key(place.getLedsClusterLocalityConfig()));
        place.clearLedsClusterLocalityConfig();
        if (collection != null) {
          place.addAllLbEndpoints(collection.endpoints());
        }
      }
    }
    return filled.build();
  }

  @Override
  public void onEndpoints() {
    onEndpoints.run();
  }

  @Override
  public LedsStats stats() {
    return stats;
  }

  @Override
  public void close() {
    used.values().forEach(collection -> collections.leave(collection, this));
    used.clear();
  }
}
