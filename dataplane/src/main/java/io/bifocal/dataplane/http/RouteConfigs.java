package io.bifocal.dataplane.http;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.init.InitManager;
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
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * All route configurations in use: the static ones, and those from RDS, one subscription for each
 * source and name whoever asks. Confined to the control loop.
 */
public final class RouteConfigs {
  private final Subscriptions xds;
  private final BiFunction<String, String, SubscriptionObserver> observers;
  private final RouteContext context;
  private final Loop control;
  private final Map<Key, RdsRoutes> subscribed = new LinkedHashMap<>();
  private final Set<StaticRoutes> statics = new LinkedHashSet<>();

  record Key(ConfigSource source, String name) {}

  public RouteConfigs(
      Subscriptions xds,
      BiFunction<String, String, SubscriptionObserver> observers,
      RouteContext context,
      Loop control) {
    this.xds = xds;
    this.observers = observers;
    this.context = context;
    this.control = control;
  }

  RouteSource fixed(RouteConfiguration config) throws ConfigException {
    StaticRoutes routes =
        new StaticRoutes(config, RouteTable.compile(config, context, true), control.wallTime());
    statics.add(routes);
    return routes;
  }

  /** From RDS; {@code init} waits for the first answer, good or bad, or for its timeout. */
  RouteSource subscribe(ConfigSource source, String name, String statPrefix, InitManager init) {
    control.assertInLoop();
    Key key = new Key(source, name);
    RdsRoutes routes = subscribed.get(key);
    if (routes == null) {
      SubscriptionObserver observer = observers.apply(statPrefix, name);
      Runnable gone =
          () -> {
            subscribed.remove(key);
            observer.onEnd();
          };
      routes = new RdsRoutes(name, control, context, gone);
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
    for (StaticRoutes routes : statics) {
      dump.addStaticRouteConfigs(
          RoutesConfigDump.StaticRouteConfig.newBuilder()
              .setRouteConfig(Any.pack(routes.config))
              .setLastUpdated(timestamp(routes.since)));
    }
    for (RdsRoutes routes : subscribed.values()) {
      RouteConfiguration config = routes.config();
      Instant since = routes.since();
      if (config != null && since != null) {
        dump.addDynamicRouteConfigs(
            RoutesConfigDump.DynamicRouteConfig.newBuilder()
                .setVersionInfo(routes.version())
                .setRouteConfig(Any.pack(config))
                .setLastUpdated(timestamp(since)));
      }
    }
    return dump.build();
  }

  private static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano() / 1_000_000 * 1_000_000)
        .build();
  }

  private final class StaticRoutes implements RouteSource {
    private final RouteConfiguration config;
    private final RouteTable table;
    private final Instant since;

    StaticRoutes(RouteConfiguration config, RouteTable table, Instant since) {
      this.config = config;
      this.table = table;
      this.since = since;
    }

    @Override
    public @Nullable RouteTable current() {
      return table;
    }

    @Override
    public void close() {
      statics.remove(this);
    }
  }
}
