package io.bifocal.xds.internal.tree;

import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.snapshot.Part;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList;

/** A collection of endpoints (LEDS), which name nothing. */
final class Members implements Kind<LbEndpointList, Part<LbEndpointList>> {
  static final ResourceType<LbEndpointList> TYPE =
      ResourceType.of("LEDS", LbEndpointList.getDefaultInstance(), list -> "", false);

  @Override
  public Runnable fetch(
      Ground ground, PartKey<LbEndpointList> key, Ground.Ear<LbEndpointList> ear) {
    return new Gathering.Plan<>(
            ResourceType.LOCALITY_ENDPOINTS,
            key.name(),
            member -> true,
            members -> {
              LbEndpointList.Builder list = LbEndpointList.newBuilder();
              members.forEach(member -> list.addLbEndpoints(member.value()));
              return list.build();
            })
        .fetch(ground, key.source(), key.name(), ear);
  }

  @Override
  public ResourceType<?> told(PartKey<LbEndpointList> key) {
    return ResourceType.LOCALITY_ENDPOINTS;
  }

  @Override
  public References references(PartKey<LbEndpointList> key, Resource<LbEndpointList> resource) {
    return References.NONE;
  }

  @Override
  public Part<LbEndpointList> view(Part<LbEndpointList> part, References references, Views views) {
    return part;
  }
}
