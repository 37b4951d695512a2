package io.bifocal.xds.internal.tree;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import io.bifocal.xds.snapshot.ClusterSnapshot;
import io.bifocal.xds.snapshot.ListenerSnapshot;
import io.bifocal.xds.snapshot.Part;
import io.bifocal.xds.snapshot.RouteSnapshot;
import io.bifocal.xds.snapshot.ScopeSnapshot;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A listener names routes, through its HTTP connection managers, and clusters, through its TCP
 * proxies; other filters name nothing that a tree follows.
 */
final class Listeners implements Kind<Listener, ListenerSnapshot> {
  private final Routing routing;
  private final Scopes scopes;

  Listeners(Routing routing, Scopes scopes) {
    this.routing = routing;
    this.scopes = scopes;
  }

  @Override
  public References references(PartKey<Listener> key, Resource<Listener> resource)
      throws ConfigException {
    Reading reading = new Reading(key, resource);
    Listener listener = resource.value();
    for (int i = 0; i < listener.getFilterChainsCount(); i++) {
      reading.chain(listener.getFilterChains(i), "filter_chains[" + i + "]");
    }
    reading.chain(listener.getDefaultFilterChain(), "default_filter_chain");
    reading.filter(listener.getApiListener().getApiListener(), "api_listener.api_listener");
    return new References(reading.parts, List.copyOf(reading.routes), reading.unresolved);
  }

  /** One walk through a listener. */
  private final class Reading {
    private final PartKey<Listener> key;
    private final Resource<Listener> listener;
    private final Set<PartKey<?>> parts = new LinkedHashSet<>();
    private final Set<References.Routes> routes = new LinkedHashSet<>();
    private final List<WatchError> unresolved = new ArrayList<>();

    Reading(PartKey<Listener> key, Resource<Listener> listener) {
      this.key = key;
      this.listener = listener;
    }

    void chain(FilterChain chain, String path) throws ConfigException {
      for (int i = 0; i < chain.getFiltersCount(); i++) {
        Filter filter = chain.getFilters(i);
        filter(filter.getTypedConfig(), path + ".filters[" + i + "].typed_config");
      }
    }

    void filter(Any config, String path) throws ConfigException {
      if (MessageTypes.is(config, HttpConnectionManager.getDescriptor())) {
        http(unpack(HttpConnectionManager.getDefaultInstance(), config, path), path);
      } else if (MessageTypes.is(config, TcpProxy.getDescriptor())) {
        TcpProxy tcp = unpack(TcpProxy.getDefaultInstance(), config, path);
        if (tcp.hasCluster()) {
          parts.add(routing.cluster(tcp.getCluster()));
        }
        tcp.getWeightedClusters()
            .getClustersList()
            .forEach(c -> parts.add(routing.cluster(c.getName())));
      }
    }

    private void http(HttpConnectionManager http, String path) {
      switch (http.getRouteSpecifierCase()) {
        case RDS -> {
          Rds rds = http.getRds();
          PartKey<RouteConfiguration> named =
              key.named(rds.getConfigSource(), ResourceType.ROUTES, rds.getRouteConfigName());
          parts.add(named);
          routes.add(new References.Routes.Named(named));
        }
        case ROUTE_CONFIG -> {
          RouteConfiguration inline = http.getRouteConfig();
          Set<PartKey<?>> named = routing.parts(key, inline);
          parts.addAll(named);
          routes.add(
              new References.Routes.Inline(
                  new Resource<>(inline.getName(), listener.version(), inline), named));
        }
        case SCOPED_ROUTES -> scoped(http.getScopedRoutes());
        case ROUTESPECIFIER_NOT_SET ->
            unresolved.add(
                new WatchError(
                    WatchError.Kind.CONFIGURATION,
                    ResourceType.LISTENER,
                    listener.name(),
                    path,
                    "there are no routes"));
      }
    }

    private void scoped(ScopedRoutes scoped) {
      ConfigSource from = key.resolved(scoped.getRdsConfigSource());
      if (scoped.hasScopedRds()) {
        ConfigSource source = key.resolved(scoped.getScopedRds().getScopedRdsConfigSource());
        PartKey<ScopedRouteConfigurationsList> set =
            new PartKey<>(source, Scopes.TYPE, scoped.getName(), from);
        parts.add(set);
        routes.add(new References.Routes.Scoped(set));
      } else {
        ScopedRouteConfigurationsList listed = scoped.getScopedRouteConfigurationsList();
        Set<PartKey<?>> named = scopes.parts(key, from, listed);
        parts.addAll(named);
        routes.add(new References.Routes.Listed(listed, listener.version(), named));
      }
    }
  }

  private static <T extends Message> T unpack(T prototype, Any config, String path)
      throws ConfigException {
    try {
      return Unpack.as(prototype, config);
    } catch (ConfigException e) {
      throw e.under(path);
    }
  }

  @Override
  public ListenerSnapshot view(Part<Listener> part, References references, Views views) {
    Viewing viewing = new Viewing(references, views);
    references.routes().forEach(viewing::add);
    return viewing.snapshot(part.resource().orElseThrow());
  }

  /** What is put together for a listener. */
  private final class Viewing {
    private final References references;
    private final Views views;
    private final Set<RouteSnapshot> routes = new LinkedHashSet<>();
    private final List<ScopeSnapshot> scoped = new ArrayList<>();
    private final Map<String, ClusterSnapshot> clusters = new LinkedHashMap<>();
    private final List<WatchError> unresolved;

    Viewing(References references, Views views) {
      this.references = references;
      this.views = views;
      this.unresolved = new ArrayList<>(references.unresolved());
    }

    void add(References.Routes named) {
      if (named instanceof References.Routes.Named rds) {
        show((RouteSnapshot) views.of(rds.key()));
      } else if (named instanceof References.Routes.Inline inline) {
        show(
            Routing.view(
                new Part.Present<>(ResourceType.ROUTES, inline.resource()), inline.parts(), views));
      } else if (named instanceof References.Routes.Scoped srds) {
        Scopes.Shown shown = (Scopes.Shown) views.of(srds.key());
        unresolved.addAll(shown.part().errors());
        shown.scopes().forEach(this::show);
      } else if (named instanceof References.Routes.Listed listed) {
        scopes.shown(listed.scopes(), listed.version(), listed.parts(), views).forEach(this::show);
      }
    }

    private void show(ScopeSnapshot scope) {
      scoped.add(scope);
      scope.routes().ifPresent(this::show);
    }

    private void show(RouteSnapshot shown) {
      routes.add(shown);
      clusters.putAll(shown.clusters());
    }

    ListenerSnapshot snapshot(Resource<Listener> listener) {
      for (PartKey<?> key : references.parts()) {
        if (key.type().equals(ResourceType.CLUSTER)) {
          clusters.put(key.name(), (ClusterSnapshot) views.of(key));
        }
      }
      return new ListenerSnapshot(listener, List.copyOf(routes), scoped, clusters, unresolved);
    }
  }
}
