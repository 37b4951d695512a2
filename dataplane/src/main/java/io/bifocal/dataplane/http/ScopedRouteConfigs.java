package io.bifocal.dataplane.http;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.ScopedRoutesConfigDump;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All scopes in use: those that connection managers list, and those from SRDS, one subscription for
 * each set of scopes whoever asks. Confined to the control loop.
 *
 * <p>Source: {@code HttpConnectionManager.scoped_routes}.
 */
public final class ScopedRouteConfigs {
  private static final Logger log = LoggerFactory.getLogger(ScopedRouteConfigs.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(ScopedRoutes.getDescriptor())
          .supports(
              "name",
              "scope_key_builder",
              "rds_config_source",
              "scoped_route_configurations_list",
              "scoped_rds");
  private static final SupportedFields SCOPED_RDS =
      SupportedFields.of(ScopedRds.getDescriptor()).supports("scoped_rds_config_source");

  private final Subscriptions xds;
  private final Scope root;
  private final Function<Scope, SubscriptionObserver> observers;
  private final Loop control;
  private final RouteConfigs routes;
  private final Map<Key, SubscribedScopes> subscribed = new LinkedHashMap<>();
  private final Map<FixedScopes, String> fixed = new LinkedHashMap<>();

  record Key(String name, ConfigSource scopes, ConfigSource routes) {}

  ScopedRouteConfigs(
      Subscriptions xds,
      Scope root,
      Function<Scope, SubscriptionObserver> observers,
      Loop control,
      RouteConfigs routes) {
    this.xds = xds;
    this.root = root;
    this.observers = observers;
    this.control = control;
    this.routes = routes;
  }

  /**
   * The scopes of a connection manager; {@code init} waits for them and their routes.
   *
   * @throws IllegalArgumentException when a source is of a kind that is not served
   */
  RouteSource of(ScopedRoutes config, String statPrefix, InitManager init) throws ConfigException {
    control.assertInLoop();
    String where = "scoped_routes '" + config.getName() + "'";
    FIELDS.check(config, where).forEach(log::warn);
    ScopeKeyBuilder keys = ScopeKeyBuilder.of(config.getScopeKeyBuilder().getFragmentsList());
    ConfigSource from = config.getRdsConfigSource();
    RouteScope.Loader loader =
        (scope, waiting) ->
            scope.hasRouteConfiguration()
                ? routes.fixed(scope.getRouteConfiguration(), statPrefix, waiting)
                : routes.subscribe(from, scope.getRouteConfigurationName(), statPrefix, waiting);
    if (config.hasScopedRds()) {
      SCOPED_RDS.check(config.getScopedRds(), where + ".scoped_rds").forEach(log::warn);
      return subscribe(config, loader, statPrefix, init).lease(keys);
    }
    return list(config, keys, loader, init);
  }

  private FixedScopes list(
      ScopedRoutes config, ScopeKeyBuilder keys, RouteScope.Loader loader, InitManager init)
      throws ConfigException {
    FixedScopes scopes = new FixedScopes(keys, control.wallTime(), fixed::remove);
    try {
      for (ScopedRouteConfiguration scope :
          config.getScopedRouteConfigurationsList().getScopedRouteConfigurationsList()) {
        scopes.add(scope, loader, init);
      }
    } catch (ConfigException e) {
      scopes.close();
      throw e;
    }
    fixed.put(scopes, config.getName());
    return scopes;
  }

  private SubscribedScopes subscribe(
      ScopedRoutes config, RouteScope.Loader loader, String statPrefix, InitManager init) {
    ConfigSource source = config.getScopedRds().getScopedRdsConfigSource();
    Key key = new Key(config.getName(), source, config.getRdsConfigSource());
    SubscribedScopes known = subscribed.get(key);
    if (known == null) {
      Scope scope =
          root.scope("http").scope(statPrefix).scope("scoped_rds").scope(config.getName());
      SubscriptionObserver observer = observers.apply(scope);
      Runnable gone =
          () -> {
            subscribed.remove(key);
            observer.onEnd();
          };
      known =
          new SubscribedScopes(
              config.getName(),
              control,
              loader,
              Subscriptions.initialFetchTimeout(config.getRdsConfigSource()),
              new ScopeStats(scope),
              gone);
      subscribed.put(key, known);
      try {
        known.start(xds, source, observer);
      } catch (IllegalArgumentException e) {
        gone.run();
        throw e;
      }
    }
    InitManager.Target target = init.register("SRDS " + config.getName());
    known.whenHeard(target::ready);
    return known;
  }

  /** The section of {@code /config_dump}. */
  public ScopedRoutesConfigDump dump() {
    control.assertInLoop();
    ScopedRoutesConfigDump.Builder dump = ScopedRoutesConfigDump.newBuilder();
    fixed.forEach(
        (scopes, name) ->
            dump.addInlineScopedRouteConfigs(
                ScopedRoutesConfigDump.InlineScopedRouteConfigs.newBuilder()
                    .setName(name)
                    .addAllScopedRouteConfigs(packed(scopes.scopes()))
                    .setLastUpdated(RouteConfigs.timestamp(scopes.since()))));
    subscribed.forEach(
        (key, scopes) -> {
          Instant since = scopes.since();
          Optional<ResourceStatus> refusal = scopes.refusal();
          if (since != null || refusal.isPresent()) {
            ScopedRoutesConfigDump.DynamicScopedRouteConfigs.Builder set =
                dump.addDynamicScopedRouteConfigsBuilder()
                    .setName(key.name())
                    .setVersionInfo(scopes.version())
                    .addAllScopedRouteConfigs(packed(scopes.scopes()))
                    .setClientStatus(
                        refusal.isPresent()
                            ? ClientResourceStatus.NACKED
                            : ClientResourceStatus.ACKED);
            if (since != null) {
              set.setLastUpdated(RouteConfigs.timestamp(since));
            }
            refusal.flatMap(ResourceStatus::errorState).ifPresent(set::setErrorState);
          }
        });
    return dump.build();
  }

  private static List<Any> packed(Collection<RouteScope> scopes) {
    List<Any> all = new ArrayList<>();
    scopes.forEach(scope -> all.add(Any.pack(scope.config())));
    return all;
  }
}
