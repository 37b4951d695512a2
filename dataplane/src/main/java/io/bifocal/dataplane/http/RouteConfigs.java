package io.bifocal.dataplane.http;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All route configurations in use: the static ones, and those from RDS, one subscription for each
 * source and name whoever asks. Confined to the control loop.
 */
public final class RouteConfigs {
  private final Subscriptions xds;
  private final Scope root;
  private final Function<Scope, SubscriptionObserver> observers;
  private final Loop control;
  private final CompiledRoutes.Surroundings surroundings;
  private final Map<Key, RdsRoutes> subscribed = new LinkedHashMap<>();
  private final Set<StaticRoutes> statics = new LinkedHashSet<>();

  record Key(ConfigSource source, String name) {}

  RouteConfigs(
      Subscriptions xds,
      Scope root,
      Function<Scope, SubscriptionObserver> observers,
      RouteContext context,
      Loop control) {
    this.xds = xds;
    this.root = root;
    this.observers = observers;
    this.control = control;
    this.surroundings =
        new CompiledRoutes.Surroundings(
            new VirtualHostSources(xds), observers, context, control::wallTime);
  }

  /** Those of a configuration; {@code init} waits for virtual hosts that it has by VHDS. */
  RouteSource fixed(RouteConfiguration config, String statPrefix, InitManager init)
      throws ConfigException {
    control.assertInLoop();
    CompiledRoutes routes = new CompiledRoutes(surroundings, rds(statPrefix));
    routes.take(config, "", true);
    if (config.hasVhds()) {
      InitManager.Target target = init.register("VHDS " + config.getName());
      routes.whenHostsHeard(target::ready);
    }
    StaticRoutes fixed = new StaticRoutes(routes);
    statics.add(fixed);
    return fixed;
  }

  private Scope rds(String statPrefix) {
    return root.scope("http").scope(statPrefix).scope("rds");
  }

  /**
   * From RDS; {@code init} waits for the first answer, good or bad, or for its timeout.
   *
   * @throws IllegalArgumentException when the source is of a kind that is not served
   */
  RouteSource subscribe(ConfigSource source, String name, String statPrefix, InitManager init) {
    control.assertInLoop();
    Key key = new Key(source, name);
    RdsRoutes routes = subscribed.get(key);
    if (routes == null) {
      Scope scope = rds(statPrefix);
      SubscriptionObserver observer = observers.apply(scope.scope(name));
      Runnable gone =
          () -> {
            subscribed.remove(key);
            observer.onEnd();
          };
      routes = new RdsRoutes(name, control, new CompiledRoutes(surroundings, scope), gone);
      subscribed.put(key, routes);
      InitManager.Target target = init.register("RdsRouteConfigSubscription " + name);
      routes.whenHeard(target::ready);
      try {
        routes.start(xds, source, observer);
      } catch (IllegalArgumentException e) {
        gone.run();
        target.ready();
        throw e;
      }
    } else {
      InitManager.Target target = init.register("RdsRouteConfigSubscription " + name);
      routes.whenHeard(target::ready);
    }
    return routes.lease();
  }

  /** The section of {@code /config_dump}. */
  public RoutesConfigDump routesDump() {
    control.assertInLoop();
    RoutesConfigDump.Builder dump = RoutesConfigDump.newBuilder();
    for (StaticRoutes fixed : statics) {
      RouteConfiguration config = fixed.routes.config();
      Instant since = fixed.routes.since();
      if (config != null && since != null) {
        dump.addStaticRouteConfigs(
            RoutesConfigDump.StaticRouteConfig.newBuilder()
                .setRouteConfig(Any.pack(config))
                .setLastUpdated(timestamp(since)));
      }
    }
    subscribed.forEach((key, from) -> dynamic(key.name(), from, dump));
    return dump.build();
  }

  // Of one that was refused and never was, the name is shown.
  private static void dynamic(String name, RdsRoutes from, RoutesConfigDump.Builder dump) {
    RoutesConfigDump.DynamicRouteConfig.Builder shown =
        RoutesConfigDump.DynamicRouteConfig.newBuilder();
    ResourceStatus status = from.status().orElse(null);
    if (status != null) {
      shown.setClientStatus(status.clientStatus());
      status.errorState().ifPresent(shown::setErrorState);
    }
    RouteConfiguration config = from.routes().config();
    Instant since = from.routes().since();
    if (config != null && since != null) {
      dump.addDynamicRouteConfigs(
          shown
              .setVersionInfo(from.routes().version())
              .setRouteConfig(Any.pack(config))
              .setLastUpdated(timestamp(since)));
    } else if (status != null && status.status() == ResourceStatus.Status.NACKED) {
      RouteConfiguration named = RouteConfiguration.newBuilder().setName(name).build();
      dump.addDynamicRouteConfigs(shown.setRouteConfig(Any.pack(named)));
    }
  }

  static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano() / 1_000_000 * 1_000_000)
        .build();
  }

  private final class StaticRoutes implements RouteSource {
    private final CompiledRoutes routes;

    StaticRoutes(CompiledRoutes routes) {
      this.routes = routes;
    }

    @Override
    public @Nullable RouteTable current(RequestHead head) {
      return routes.table();
    }

    @Override
    public @Nullable Question missing(RequestHead head) {
      return routes.missing(head);
    }

    @Override
    public void close() {
      statics.remove(this);
      routes.close();
    }
  }
}
