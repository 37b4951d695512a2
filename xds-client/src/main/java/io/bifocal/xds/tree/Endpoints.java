package io.bifocal.xds.tree;

import io.bifocal.xds.Resource;
import io.bifocal.xds.snapshot.Part;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;

/** Endpoints name nothing. */
final class Endpoints implements Kind<ClusterLoadAssignment, Part<ClusterLoadAssignment>> {
  @Override
  public References references(
      PartKey<ClusterLoadAssignment> key, Resource<ClusterLoadAssignment> resource) {
    return References.NONE;
  }

  @Override
  public Part<ClusterLoadAssignment> view(
      Part<ClusterLoadAssignment> part, References references, Views views) {
    return part;
  }
}
