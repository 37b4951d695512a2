package io.bifocal.xds.internal.tree;

import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.Part;
import io.bifocal.xds.snapshot.RouteSnapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Routes name clusters, which all come from where the client's clusters come from, and may have
 * more virtual hosts come by themselves (VHDS).
 */
final class Routing implements Kind<RouteConfiguration, RouteSnapshot> {
  private final ConfigSource clusterSource;

  Routing(ConfigSource clusterSource) {
    this.clusterSource = clusterSource;
  }

  @Override
  public References references(
      PartKey<RouteConfiguration> key, Resource<RouteConfiguration> resource) {
    return References.of(parts(key, resource.value()));
  }

  /** What routes name that a part has. */
  Set<PartKey<?>> parts(PartKey<?> in, RouteConfiguration routes) {
    Set<PartKey<?>> parts = new LinkedHashSet<>(clusters(routes));
    if (routes.hasVhds()) {
      parts.add(in.named(routes.getVhds().getConfigSource(), VirtualHosts.TYPE, routes.getName()));
    }
    return parts;
  }

  PartKey<Cluster> cluster(String name) {
    return new PartKey<>(clusterSource, ResourceType.CLUSTER, name);
  }

  Set<PartKey<Cluster>> clusters(RouteConfiguration routes) {
    Set<String> names = new LinkedHashSet<>();
    addMirrors(routes.getRequestMirrorPoliciesList(), names);
    for (VirtualHost host : routes.getVirtualHostsList()) {
      addMirrors(host.getRequestMirrorPoliciesList(), names);
      for (Route route : host.getRoutesList()) {
        add(route.getRoute(), names);
      }
    }
    names.remove("");
    Set<PartKey<Cluster>> keys = new LinkedHashSet<>();
    names.forEach(name -> keys.add(cluster(name)));
    return keys;
  }

  private static void add(RouteAction action, Set<String> names) {
    names.add(action.getCluster());
    action.getWeightedClusters().getClustersList().forEach(c -> names.add(c.getName()));
    addMirrors(action.getRequestMirrorPoliciesList(), names);
  }

  private static void addMirrors(List<RequestMirrorPolicy> mirrors, Set<String> names) {
    mirrors.forEach(mirror -> names.add(mirror.getCluster()));
  }

  @Override
  public RouteSnapshot view(Part<RouteConfiguration> part, References references, Views views) {
    return view(part, references.parts(), views);
  }

  static RouteSnapshot view(
      Part<RouteConfiguration> part, Set<? extends PartKey<?>> parts, Views views) {
    Map<String, ClusterSnapshot> clusters = new LinkedHashMap<>();
    List<WatchError> unresolved = new ArrayList<>();
    Part<RouteConfiguration> shown = part;
    for (PartKey<?> key : parts) {
      Object view = views.of(key);
      if (view instanceof RouteSnapshot hosts) {
        clusters.putAll(hosts.clusters());
        unresolved.addAll(hosts.routes().errors());
        shown = with(hosts, shown);
      } else {
        clusters.put(key.name(), (ClusterSnapshot) view);
      }
    }
    return new RouteSnapshot(shown, clusters, unresolved);
  }

  private static Part<RouteConfiguration> with(RouteSnapshot hosts, Part<RouteConfiguration> part) {
    Resource<RouteConfiguration> said = part.resource().orElse(null);
    RouteConfiguration more = hosts.routes().value().orElse(null);
    if (said == null || more == null) {
      return part;
    }
    RouteConfiguration joined =
        said.value().toBuilder().addAllVirtualHosts(more.getVirtualHostsList()).build();
    return new Part.Present<>(
        ResourceType.ROUTES, new Resource<>(said.name(), said.aliases(), said.version(), joined));
  }
}
