package io.bifocal.dataplane.http;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.extension.AccessLogs;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.extension.NetworkFilterFactory;
import io.bifocal.dataplane.http.codec.ServerCodec;
import io.bifocal.dataplane.http.filter.FilterChain;
import io.bifocal.dataplane.http.filter.FilterChainReader;
import io.bifocal.dataplane.http.filter.UpgradeChainReader;
import io.bifocal.dataplane.http.filter.UpstreamChainReader;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.http.router.RouterSettings;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Makes HTTP connection managers. Confined to the control loop.
 *
 * <p>Source: {@code envoy.extensions.filters.network.http_connection_manager.v3}.
 */
public final class HttpConnectionManagerFactory implements NetworkFilterFactory {
  private final Function<Worker, WorkerClusters> clusters;
  private final AccessLogs accessLogs;
  private final Node node;
  private final StatsStore stats;
  private final FilterChainReader filters;
  private final UpstreamChainReader upstreamFilters;
  private final UpgradeChainReader upgradeFilters;
  private final RouteConfigs routes;
  private final ScopedRouteConfigs scopes;

  /**
   * Makes the factory.
   *
   * @param xds where routes are subscribed to
   * @param clusters each worker's own view
   * @param accessLogs reads {@code access_log}
   * @param node this proxy's own
   * @param observers by scope: count what happens to a subscription
   * @param routing what routes refer to
   * @param filters reads the HTTP filters
   */
  public HttpConnectionManagerFactory(
      Subscriptions xds,
      Function<Worker, WorkerClusters> clusters,
      AccessLogs accessLogs,
      Node node,
      StatsStore stats,
      Function<Scope, SubscriptionObserver> observers,
      RouteContext routing,
      FilterChainReader filters,
      Loop control) {
    this.clusters = clusters;
    this.accessLogs = accessLogs;
    this.node = node;
    this.stats = stats;
    this.filters = filters;
    this.upstreamFilters = new UpstreamChainReader(filters);
    this.upgradeFilters = new UpgradeChainReader(filters);
    this.routes = new RouteConfigs(xds, stats.root(), observers, routing, control);
    this.scopes = new ScopedRouteConfigs(xds, stats.root(), observers, control, routes);
  }

  /** The route configurations of all managers made here. */
  public RouteConfigs routes() {
    return routes;
  }

  /** The scopes of all managers made here. */
  public ScopedRouteConfigs scopes() {
    return scopes;
  }

  @Override
  public NetworkFilter create(Any any, ListenerContext context) throws ConfigException {
    HttpConnectionManager config = Unpack.as(HttpConnectionManager.getDefaultInstance(), any);
    HttpSettings settings = HttpSettingsReader.read(config, node, accessLogs.runtime());
    boolean http3 = settings.codec().kind() == ServerCodec.Kind.HTTP3;
    if (http3 != context.quic()) {
      throw new ConfigException(
          http3
              ? "HTTP/3 codec configured on non-QUIC listener."
              : "Non-HTTP/3 codec configured on QUIC listener.");
    }
    List<AccessLog> logs = accessLogs.read(config.getAccessLogList());
    FilterChain chain = chain(config, settings, context);
    Map<String, FilterChain> upgrades = new HashMap<>();
    RouterSettings router = null;
    RouteSource source;
    try {
      readUpgrades(config, settings, context, upgrades);
      router =
          RouterReader.read(
              config,
              accessLogs,
              upstreamFilters,
              HttpStats.scope(stats.root(), settings.statPrefix()),
              context.init());
      source = source(config, settings, context);
    } catch (ConfigException e) {
      chain.close();
      upgrades.values().forEach(FilterChain::close);
      if (router != null) {
        router.close();
      }
      throw e;
    }
    return new ConnectionManager(
        settings,
        router,
        source,
        chain,
        new UpgradeChains(upgrades),
        logs,
        clusters,
        accessLogs.runtime(),
        stats.root(),
        context);
  }

  private FilterChain chain(
      HttpConnectionManager config, HttpSettings settings, ListenerContext context)
      throws ConfigException {
    int before = config.getHttpFiltersCount() - (settings.hasRouter() ? 1 : 0);
    return filters.read(
        config.getHttpFiltersList().subList(0, before),
        settings.hasRouter(),
        "http_connection_manager '" + settings.statPrefix() + "'",
        HttpStats.scope(stats.root(), settings.statPrefix()),
        context.init());
  }

  private void readUpgrades(
      HttpConnectionManager config,
      HttpSettings settings,
      ListenerContext context,
      Map<String, FilterChain> upgrades)
      throws ConfigException {
    int last = config.getHttpFiltersCount() - 1;
    Router router =
        settings.hasRouter()
            ? Unpack.as(Router.getDefaultInstance(), config.getHttpFilters(last).getTypedConfig())
            : null;
    for (int i = 0; i < config.getUpgradeConfigsCount(); i++) {
      HttpConnectionManager.UpgradeConfig upgrade = config.getUpgradeConfigs(i);
      if (upgrade.getFiltersCount() > 0) {
        upgrades.put(
            upgrade.getUpgradeType().toLowerCase(Locale.ROOT),
            upgradeFilters.read(
                upgrade.getFiltersList(),
                router,
                "http_connection_manager '%s'.upgrade_configs[%d]"
                    .formatted(settings.statPrefix(), i),
                HttpStats.scope(stats.root(), settings.statPrefix()),
                context.init()));
      }
    }
  }

  private RouteSource source(
      HttpConnectionManager config, HttpSettings settings, ListenerContext context)
      throws ConfigException {
    try {
      return switch (config.getRouteSpecifierCase()) {
        case ROUTE_CONFIG ->
            routes.fixed(config.getRouteConfig(), settings.statPrefix(), context.init());
        case RDS ->
            routes.subscribe(
                config.getRds().getConfigSource(),
                config.getRds().getRouteConfigName(),
                settings.statPrefix(),
                context.init());
        case SCOPED_ROUTES ->
            scopes.of(config.getScopedRoutes(), settings.statPrefix(), context.init());
        default ->
            throw new ConfigException(
                "http_connection_manager '%s': %s not supported"
                    .formatted(settings.statPrefix(), config.getRouteSpecifierCase()));
      };
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }
}
