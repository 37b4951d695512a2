package io.bifocal.xds.internal.tree;

import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.snapshot.Part;
import io.bifocal.xds.snapshot.RouteSnapshot;
import io.bifocal.xds.snapshot.ScopeSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All scopes of a source (SRDS), or those that a listener lists. They name routes, which come from
 * where the listener says ({@link PartKey#below}), or have them written out.
 */
final class Scopes implements Kind<ScopedRouteConfigurationsList, Scopes.Shown> {
  static final ResourceType<ScopedRouteConfigurationsList> TYPE =
      ResourceType.of("SRDS", ScopedRouteConfigurationsList.getDefaultInstance(), l -> "", false);

  private final Routing routing;

  /** The scopes, or why there are none. */
  record Shown(Part<ScopedRouteConfigurationsList> part, List<ScopeSnapshot> scopes) {}

  Scopes(Routing routing) {
    this.routing = routing;
  }

  @Override
  public Runnable fetch(
      Ground ground,
      PartKey<ScopedRouteConfigurationsList> key,
      Ground.Ear<ScopedRouteConfigurationsList> ear) {
    return new Gathering.Plan<>(
            ResourceType.SCOPED_ROUTES,
            "",
            name -> true,
            members -> {
              ScopedRouteConfigurationsList.Builder list =
                  ScopedRouteConfigurationsList.newBuilder();
              members.forEach(member -> list.addScopedRouteConfigurations(member.value()));
              return list.build();
            })
        .fetch(ground, key.source(), key.name(), ear);
  }

  @Override
  public ResourceType<?> told(PartKey<ScopedRouteConfigurationsList> key) {
    return ResourceType.SCOPED_ROUTES;
  }

  @Override
  public References references(
      PartKey<ScopedRouteConfigurationsList> key,
      Resource<ScopedRouteConfigurationsList> resource) {
    return References.of(parts(key, key.below(), resource.value()));
  }

  /** What scopes name that a part has. */
  Set<PartKey<?>> parts(PartKey<?> in, ConfigSource routes, ScopedRouteConfigurationsList scopes) {
    Set<PartKey<?>> parts = new LinkedHashSet<>();
    for (ScopedRouteConfiguration scope : scopes.getScopedRouteConfigurationsList()) {
      if (scope.hasRouteConfiguration()) {
        parts.addAll(routing.parts(in, scope.getRouteConfiguration()));
      } else if (!scope.getOnDemand()) {
        parts.add(in.named(routes, ResourceType.ROUTES, scope.getRouteConfigurationName()));
      }
    }
    return parts;
  }

  @Override
  public Shown view(Part<ScopedRouteConfigurationsList> part, References references, Views views) {
    return new Shown(
        part,
        part.resource()
            .map(list -> shown(list.value(), list.version(), references.parts(), views))
            .orElse(List.of()));
  }

  List<ScopeSnapshot> shown(
      ScopedRouteConfigurationsList scopes,
      String version,
      Set<PartKey<?>> parts,
      Kind.Views views) {
    List<ScopeSnapshot> shown = new ArrayList<>();
    for (ScopedRouteConfiguration scope : scopes.getScopedRouteConfigurationsList()) {
      Optional<RouteSnapshot> routes = Optional.empty();
      if (scope.hasRouteConfiguration()) {
        routes = Optional.of(inline(scope.getRouteConfiguration(), version, parts, views));
      } else if (!scope.getOnDemand()) {
        routes = Optional.of(named(scope.getRouteConfigurationName(), parts, views));
      }
      shown.add(new ScopeSnapshot(scope, routes));
    }
    return shown;
  }

  private RouteSnapshot inline(
      RouteConfiguration routes, String version, Set<PartKey<?>> parts, Kind.Views views) {
    Set<PartKey<?>> own = new LinkedHashSet<>();
    Set<PartKey<Cluster>> clusters = routing.clusters(routes);
    for (PartKey<?> part : parts) {
      boolean hosts =
          routes.hasVhds()
              && part.type().equals(VirtualHosts.TYPE)
              && part.name().equals(routes.getName());
      if (hosts || clusters.contains(part)) {
        own.add(part);
      }
    }
    Resource<RouteConfiguration> written = new Resource<>(routes.getName(), version, routes);
    return Routing.view(new Part.Present<>(ResourceType.ROUTES, written), own, views);
  }

  private static RouteSnapshot named(String routes, Set<PartKey<?>> parts, Kind.Views views) {
    for (PartKey<?> part : parts) {
      if (part.type().equals(ResourceType.ROUTES) && part.name().equals(routes)) {
        return (RouteSnapshot) views.of(part);
      }
    }
    throw new IllegalStateException("no reference to " + routes);
  }
}
