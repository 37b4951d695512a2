package io.bifocal.xds.internal.tree;

import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.snapshot.Part;
import io.bifocal.xds.snapshot.RouteSnapshot;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;

/**
 * The virtual hosts by VHDS of one route configuration, whatever the control plane sends of them
 * without being asked for one; they name clusters as all routes do.
 */
final class VirtualHosts implements Kind<RouteConfiguration, RouteSnapshot> {
  /** Another type than RDS has: a part of this type is a list of virtual hosts. */
  static final ResourceType<RouteConfiguration> TYPE =
      ResourceType.of(
          "VHDS", RouteConfiguration.getDefaultInstance(), RouteConfiguration::getName, false);

  private final Routing routing;

  VirtualHosts(Routing routing) {
    this.routing = routing;
  }

  @Override
  public Runnable fetch(
      Ground ground, PartKey<RouteConfiguration> key, Ground.Ear<RouteConfiguration> ear) {
    return new Gathering.Plan<>(
            ResourceType.VIRTUAL_HOST,
            "",
            name -> name.startsWith(key.name() + "/"),
            members -> {
              RouteConfiguration.Builder list = RouteConfiguration.newBuilder().setName(key.name());
              members.forEach(member -> list.addVirtualHosts(member.value()));
              return list.build();
            })
        .fetch(ground, key.source(), key.name(), ear);
  }

  @Override
  public ResourceType<?> told(PartKey<RouteConfiguration> key) {
    return ResourceType.VIRTUAL_HOST;
  }

  @Override
  public References references(
      PartKey<RouteConfiguration> key, Resource<RouteConfiguration> resource) {
    return References.of(routing.clusters(resource.value()));
  }

  @Override
  public RouteSnapshot view(Part<RouteConfiguration> part, References references, Views views) {
    return Routing.view(part, references.parts(), views);
  }
}
