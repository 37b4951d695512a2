package io.bifocal.xds.internal.tree;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceName;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.snapshot.Part;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LedsClusterLocalityConfig;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Endpoints name nothing, but for localities that have theirs in a collection (LEDS). */
final class Endpoints implements Kind<ClusterLoadAssignment, Endpoints.Filled> {

  /** Endpoints with those of collections in their places, and why some of these are missing. */
  record Filled(Part<ClusterLoadAssignment> endpoints, List<WatchError> missing) {}

  @Override
  public References references(
      PartKey<ClusterLoadAssignment> key, Resource<ClusterLoadAssignment> resource)
      throws ConfigException {
    Set<PartKey<?>> collections = new LinkedHashSet<>();
    for (LocalityLbEndpoints locality : resource.value().getEndpointsList()) {
      if (locality.hasLedsClusterLocalityConfig()) {
        collections.add(collection(key, locality.getLedsClusterLocalityConfig()));
      }
    }
    return collections.isEmpty() ? References.NONE : References.of(collections);
  }

  private static PartKey<LbEndpointList> collection(
      PartKey<ClusterLoadAssignment> key, LedsClusterLocalityConfig config) throws ConfigException {
    String name = config.getLedsCollectionName();
    if (!ResourceName.isStructured(name)) {
      throw new ConfigException("leds_collection_name: only xdstp: names are served: " + name);
    }
    try {
      return key.named(config.getLedsConfig(), Members.TYPE, ResourceName.canonical(name));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public Filled view(Part<ClusterLoadAssignment> part, References references, Views views) {
    Resource<ClusterLoadAssignment> said = part.resource().orElse(null);
    if (said == null || references.parts().isEmpty()) {
      return new Filled(part, List.of());
    }
    List<WatchError> missing = new ArrayList<>();
    ClusterLoadAssignment.Builder filled = said.value().toBuilder();
    for (LocalityLbEndpoints.Builder locality : filled.getEndpointsBuilderList()) {
      if (locality.hasLedsClusterLocalityConfig()) {
        Part<LbEndpointList> members =
            members(references, locality.getLedsClusterLocalityConfig(), views);
        missing.addAll(members.errors());
        members.value().ifPresent(list -> locality.addAllLbEndpoints(list.getLbEndpointsList()));
      }
    }
    Resource<ClusterLoadAssignment> shown =
        new Resource<>(said.name(), said.aliases(), said.version(), filled.build());
    return new Filled(new Part.Present<>(ResourceType.ENDPOINTS, shown), missing);
  }

  private static Part<LbEndpointList> members(
      References references, LedsClusterLocalityConfig config, Views views) {
    String name = ResourceName.canonical(config.getLedsCollectionName());
    ConfigSource from = config.getLedsConfig();
    for (PartKey<?> key : references.parts()) {
      if (key.name().equals(name) && (from.hasSelf() || key.source().equals(from))) {
        @SuppressWarnings("unchecked") // the kind of its type shows it so
        Part<LbEndpointList> members = (Part<LbEndpointList>) views.of(key);
        return members;
      }
    }
    throw new IllegalStateException("no reference to " + name);
  }
}
