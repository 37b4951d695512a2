package io.bifocal.dataplane.http.route;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.route.VirtualHost.TlsRequirement;
import io.bifocal.dataplane.match.MatchTree;
import io.bifocal.dataplane.match.MatchTreeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.RouteOrigin;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From messages to a {@link RouteTable}; refuses what would not be obeyed. */
final class RouteCompiler {
  private final RouteConfiguration config;
  private final RouteConfiguration level;
  private final RouteContext context;
  private final boolean validateClusters;
  private final FilterOverrides overrides;
  private final String where;
  private final Map<String, Compiled> before;
  private final Map<String, Compiled> compiled = new HashMap<>();

  /**
   * What a table is made of, for the one that comes after it.
   *
   * @param level the configuration without virtual hosts
   */
  record Parts(RouteConfiguration level, Map<String, Compiled> hosts) {}

  /** A virtual host as it was configured, and what became of it. */
  record Compiled(io.envoyproxy.envoy.config.route.v3.VirtualHost config, VirtualHost host) {}

  /**
   * A compiler of one table.
   *
   * @param last of an earlier table, whose virtual hosts may serve again; or null
   */
  RouteCompiler(
      RouteConfiguration config,
      RouteContext context,
      boolean validateClusters,
      @Nullable Parts last) {
    this.config = config;
    this.level = config.toBuilder().clearVirtualHosts().build();
    this.context = context;
    this.validateClusters = validateClusters;
    this.overrides = new FilterOverrides(context.filters());
    this.where = "route configuration '" + config.getName() + "'";
    // Which clusters there are may have changed.
    this.before =
        last != null && !validateClusters && last.level.equals(level) ? last.hosts : Map.of();
  }

  RouteTable compile(Collection<io.envoyproxy.envoy.config.route.v3.VirtualHost> more)
      throws ConfigException {
    RouteFields.check(RouteFields.CONFIGURATION, config, where);
    for (var plugin : config.getClusterSpecifierPluginsList()) {
      if (!plugin.getIsOptional()) {
        throw Extensions.unregistered(
            plugin.getExtension().getName(), plugin.getExtension().getTypedConfig());
      }
    }
    Map<String, FilterOverride> filters =
        overrides.over(Map.of(), config.getTypedPerFilterConfigMap());
    Domains domains = new Domains();
    for (var host : config.getVirtualHostsList()) {
      add(host, filters, domains);
    }
    for (var host : more) {
      add(host, filters, domains);
    }
    List<AsciiString> internalOnly = new ArrayList<>();
    for (String name : config.getInternalOnlyHeadersList()) {
      internalOnly.add(AsciiString.cached(name.toLowerCase(Locale.ROOT)));
    }
    return new RouteTable(config, domains, internalOnly, new Parts(level, compiled));
  }

  private void add(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      Map<String, FilterOverride> filters,
      Domains domains)
      throws ConfigException {
    Compiled known = before.get(host.getName());
    VirtualHost now = known != null && known.config.equals(host) ? known.host : host(host, filters);
    // Of several with one name any will do.
    compiled.put(host.getName(), new Compiled(host, now));
    for (String domain : host.getDomainsList()) {
      domains.add(domain, now, config.getName());
    }
  }

  private VirtualHost host(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host, Map<String, FilterOverride> tables)
      throws ConfigException {
    String at = where + " virtual host '" + host.getName() + "'";
    RouteFields.check(RouteFields.VIRTUAL_HOST, host, at);
    if (host.hasMatcher() && host.getRoutesCount() > 0) {
      throw new ConfigException("cannot set both matcher and routes on virtual host");
    }
    Map<String, FilterOverride> filters = overrides.over(tables, host.getTypedPerFilterConfigMap());
    Scope scope = context.stats().tagged("vhost", "envoy.virtual_host", host.getName());
    Level level =
        new Level(
            host,
            filters,
            scope,
            VirtualClusters.of(host, scope, at),
            RateLimitRule.ofRoutes(host.getRateLimitsList(), at + ".rate_limits"),
            new CorsFields(context.filters(), host));
    return new VirtualHost(
        host.getName(),
        switch (host.getRequireTls()) {
          case ALL -> TlsRequirement.ALL;
          case EXTERNAL_ONLY -> TlsRequirement.EXTERNAL_ONLY;
          default -> TlsRequirement.NONE;
        },
        host.hasMatcher() ? tree(level, at + ".matcher") : list(level, host.getRoutesList(), at));
  }

  /** What the routes of a virtual host have in common. */
  private record Level(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      Map<String, FilterOverride> filters,
      Scope scope,
      @Nullable VirtualClusters virtualClusters,
      List<RateLimitRule> rateLimits,
      CorsFields cors) {}

  private VirtualHost.Routes tree(Level level, String at) throws ConfigException {
    MatchTree<HttpInputs.Request, VirtualHost.Routes> tree =
        new MatchTreeReader<>(HttpInputs.ofRoutes(), action -> leaf(level, action, at))
            .read(level.host.getMatcher(), at);
    return (head, pathEnd, info, random) -> {
      VirtualHost.Routes routes = tree.match(new HttpInputs.Request(head, info));
      return routes == null ? null : routes.match(head, pathEnd, info, random);
    };
  }

  private VirtualHost.Routes leaf(Level level, TypedExtensionConfig action, String at)
      throws ConfigException {
    Any config = action.getTypedConfig();
    String type = MessageTypes.nameOf(config.getTypeUrl());
    if (type.equals(io.envoyproxy.envoy.config.route.v3.Route.getDescriptor().getFullName())) {
      return list(
          level,
          List.of(
              Unpack.as(io.envoyproxy.envoy.config.route.v3.Route.getDefaultInstance(), config)),
          at);
    }
    if (type.equals(io.envoyproxy.envoy.config.route.v3.RouteList.getDescriptor().getFullName())) {
      return list(
          level,
          Unpack.as(io.envoyproxy.envoy.config.route.v3.RouteList.getDefaultInstance(), config)
              .getRoutesList(),
          at);
    }
    throw Extensions.unregistered(action.getName(), config);
  }

  private RouteList list(
      Level level, List<io.envoyproxy.envoy.config.route.v3.Route> configs, String at)
      throws ConfigException {
    List<Route> routes = new ArrayList<>(configs.size());
    for (int i = 0; i < configs.size(); i++) {
      var route = configs.get(i);
      String name = route.getName().isEmpty() ? "" : " '" + route.getName() + "'";
      routes.add(route(level, route, at + " routes[" + i + "]" + name));
    }
    return new RouteList(routes);
  }

  private Route route(Level level, io.envoyproxy.envoy.config.route.v3.Route route, String at)
      throws ConfigException {
    RouteFields.check(RouteFields.ROUTE, route, at);
    var host = level.host;
    RouteMatch match = route.getMatch();
    RouteFields.check(RouteFields.MATCH, match, at + ".match");
    Map<String, FilterOverride> filters =
        overrides.over(level.filters, route.getTypedPerFilterConfigMap());
    PathMatch path = PathMatch.of(match, at + ".match");
    ActionCompiler actions =
        new ActionCompiler(context, validateClusters, config, host, level.cors, route, at);
    return actions.weighted(
        new Route(
            route.getName(),
            path,
            Conditions.of(match, context.runtime(), at + ".match"),
            actions.compile(path),
            changes(
                HeaderChanges.of(
                    route.getRequestHeadersToAddList(), route.getRequestHeadersToRemoveList(), at),
                HeaderChanges.of(
                    host.getRequestHeadersToAddList(), host.getRequestHeadersToRemoveList(), at),
                HeaderChanges.of(
                    config.getRequestHeadersToAddList(),
                    config.getRequestHeadersToRemoveList(),
                    at)),
            changes(
                HeaderChanges.of(
                    route.getResponseHeadersToAddList(),
                    route.getResponseHeadersToRemoveList(),
                    at),
                HeaderChanges.of(
                    host.getResponseHeadersToAddList(), host.getResponseHeadersToRemoveList(), at),
                HeaderChanges.of(
                    config.getResponseHeadersToAddList(),
                    config.getResponseHeadersToRemoveList(),
                    at)),
            filters,
            counts(level, route),
            level.virtualClusters,
            RouteRateLimits.of(route, level.rateLimits, at),
            new RouteOrigin(route, host)),
        overrides);
  }

  private static @Nullable RequestCounts counts(
      Level level, io.envoyproxy.envoy.config.route.v3.Route route) {
    String prefix = route.getStatPrefix();
    return prefix.isEmpty()
        ? null
        : new RequestCounts(prefix, level.scope.tagged("route", "envoy.route", prefix));
  }

  // The most specific level comes first, so that the least specific one has the last word, unless
  // the configuration turns that round.
  private List<HeaderChanges> changes(
      HeaderChanges route, HeaderChanges host, HeaderChanges table) {
    List<HeaderChanges> order =
        config.getMostSpecificHeaderMutationsWins()
            ? List.of(table, host, route)
            : List.of(route, host, table);
    return order.stream().filter(changes -> !changes.equals(HeaderChanges.NONE)).toList();
  }
}
