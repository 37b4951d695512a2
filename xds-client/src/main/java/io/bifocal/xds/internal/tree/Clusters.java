package io.bifocal.xds.internal.tree;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.Part;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A cluster of type EDS names its endpoints; another may have them written out. */
final class Clusters implements Kind<Cluster, ClusterSnapshot> {
  @Override
  public References references(PartKey<Cluster> key, Resource<Cluster> resource)
      throws ConfigException {
    Cluster cluster = resource.value();
    if (cluster.getType() != DiscoveryType.EDS || cluster.hasClusterType()) {
      return References.NONE;
    }
    if (!cluster.getEdsClusterConfig().hasEdsConfig()) {
      throw new ConfigException("cannot create an EDS cluster without an EDS config");
    }
    String service = cluster.getEdsClusterConfig().getServiceName();
    return References.of(
        Set.of(
            key.named(
                cluster.getEdsClusterConfig().getEdsConfig(),
                ResourceType.ENDPOINTS,
                service.isEmpty() ? cluster.getName() : service)));
  }

  @Override
  public ClusterSnapshot view(Part<Cluster> part, References references, Views views) {
    for (PartKey<?> endpoints : references.parts()) {
      Endpoints.Filled shown = (Endpoints.Filled) views.of(endpoints);
      return new ClusterSnapshot(part, Optional.of(shown.endpoints()), shown.missing());
    }
    return new ClusterSnapshot(part, part.resource().flatMap(Clusters::writtenOut), List.of());
  }

  private static Optional<Part<ClusterLoadAssignment>> writtenOut(Resource<Cluster> cluster) {
    if (!cluster.value().hasLoadAssignment()) {
      return Optional.empty();
    }
    ClusterLoadAssignment assignment = cluster.value().getLoadAssignment();
    return Optional.of(
        new Part.Present<>(
            ResourceType.ENDPOINTS,
            new Resource<>(assignment.getClusterName(), cluster.version(), assignment)));
  }
}
