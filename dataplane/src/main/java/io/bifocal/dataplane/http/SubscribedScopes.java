package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.init.FirstAnswer;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.xds.Hold;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Scopes from SRDS, shared by whoever wants them; their routes come by RDS. An update is taken as a
 * whole or not at all. Confined to the control loop; what workers see is replaced in one step.
 *
 * <p>Source: Envoy's {@code ScopedRdsConfigSubscription}.
 */
final class SubscribedScopes implements ResourceWatcher<ScopedRouteConfiguration> {
  private final Loop control;
  private final RouteScope.Loader loader;
  private final Duration patience;
  private final ScopeStats stats;
  private final Runnable onUnused;
  private final InitManager init;
  private final InitManager.Target first;
  private final FirstAnswer complete = new FirstAnswer();
  private final RouteScope.Listener onDemand =
      new RouteScope.Listener() {
        @Override
        public void loaded() {
          count();
        }

        @Override
        public void failed() {
          stats.refused();
        }
      };
  private final Map<String, RouteScope> scopes = new TreeMap<>();
  private @Nullable Subscriptions xds;
  private @Nullable Subscription subscription;
  private @Nullable Instant since;
  private String version = "";
  private boolean closed;
  private int leases;
  private volatile Map<List<String>, RouteScope> byKey = Map.of();

  /**
   * No scopes yet.
   *
   * @param patience how long a request waits for the routes of its scope
   */
  SubscribedScopes(
      String name,
      Loop control,
      RouteScope.Loader loader,
      Duration patience,
      ScopeStats stats,
      Runnable onUnused) {
    this.control = control;
    this.loader = loader;
    this.patience = patience;
    this.stats = stats;
    this.onUnused = onUnused;
    this.init = new InitManager("SRDS " + name);
    this.first = init.register("SRDS " + name);
    init.await(complete::came);
  }

  void start(Subscriptions from, ConfigSource source, SubscriptionObserver observer) {
    xds = from;
    subscription = from.subscribe(source, ResourceType.SCOPED_ROUTES, Set.of(), this, observer);
  }

  /**
   * Runs {@code task} when there was an answer, good or bad, or none in time, and the same for the
   * routes of the scopes that it named.
   */
  void whenHeard(Runnable task) {
    complete.whenHere(task);
  }

  RouteSource lease(ScopeKeyBuilder keys) {
    leases++;
    return new Lease(keys);
  }

  Collection<RouteScope> scopes() {
    return scopes.values();
  }

  /** What is wrong: with a scope that was refused, else with all of them. */
  Optional<ResourceStatus> refusal() {
    return subscription == null
        ? Optional.empty()
        : subscription.statuses().stream()
            .filter(status -> status.status() == ResourceStatus.Status.NACKED)
            .max(Comparator.comparing(status -> !status.name().isEmpty()));
  }

  @Nullable Instant since() {
    return since;
  }

  String version() {
    return version;
  }

  @Override
  public Verdict onUpdate(Update<ScopedRouteConfiguration> update) {
    control.assertInLoop();
    if (closed || xds == null) {
      return Verdict.accept();
    }
    // What it asks for goes out as one request.
    Hold hold = xds.hold(ResourceType.ROUTES);
    try {
      apply(update);
      return Verdict.accept();
    } catch (ConfigException e) {
      return Verdict.reject(e.reason());
    } finally {
      hold.close();
      first.ready();
    }
  }

  private void apply(Update<ScopedRouteConfiguration> update) throws ConfigException {
    Map<String, ScopedRouteConfiguration> kept = new LinkedHashMap<>();
    if (!update.whole()) {
      scopes.forEach((scope, routes) -> kept.put(scope, routes.config()));
      update.removed().forEach(kept::remove);
    }
    Map<String, RouteScope> next = new TreeMap<>();
    List<RouteScope> fresh = new ArrayList<>();
    try {
      for (ScopedRouteConfiguration config :
          Scopes.merge(kept, update.resources().stream().map(Resource::value).toList()).values()) {
        RouteScope known = scopes.get(config.getName());
        if (known == null || !known.config().equals(config)) {
          known = new RouteScope(config, loader, patience, onDemand);
          fresh.add(known);
          if (!config.getOnDemand()) {
            known.load(init);
          }
        }
        next.put(config.getName(), known);
      }
    } catch (ConfigException | IllegalArgumentException e) {
      fresh.forEach(RouteScope::close);
      throw e instanceof ConfigException refused
          ? refused
          : new ConfigException(String.valueOf(e.getMessage()), e);
    }
    replace(next);
    version = update.version();
    since = control.wallTime();
    stats.reloaded(since);
    count();
  }

  private void replace(Map<String, RouteScope> next) {
    Map<List<String>, RouteScope> keys = new HashMap<>();
    next.values().forEach(scope -> keys.put(Scopes.key(scope.config()), scope));
    byKey = keys;
    List<RouteScope> gone = new ArrayList<>(scopes.values());
    gone.removeAll(next.values());
    scopes.clear();
    scopes.putAll(next);
    gone.forEach(RouteScope::close);
  }

  private void count() {
    stats.scopes(
        scopes.size(),
        scopes.values().stream().filter(scope -> scope.config().getOnDemand()).count(),
        scopes.values().stream().filter(RouteScope::subscribed).count());
  }

  @Override
  public void onError(XdsError error) {
    if (!(error instanceof XdsError.Disconnected)) {
      first.ready();
    }
  }

  private void close() {
    closed = true;
    byKey = Map.of();
    onUnused.run();
    if (subscription != null) {
      subscription.close();
    }
    scopes.values().forEach(RouteScope::close);
    scopes.clear();
  }

  /** One use of the scopes; the manager's own builder says how a request finds its. */
  private final class Lease implements RouteSource {
    private final ScopeKeyBuilder keys;
    private boolean returned;

    Lease(ScopeKeyBuilder keys) {
      this.keys = keys;
    }

    @Override
    public @Nullable RouteTable current(RequestHead head) {
      RouteScope scope = scopeOf(head);
      return scope == null ? null : scope.current(head);
    }

    @Override
    public @Nullable Question missing(RequestHead head) {
      RouteScope scope = scopeOf(head);
      return scope == null ? null : scope.missing(head);
    }

    private @Nullable RouteScope scopeOf(RequestHead head) {
      List<String> key = keys.key(head);
      return key == null ? null : byKey.get(key);
    }

    @Override
    public void close() {
      if (!returned) {
        returned = true;
        leases--;
        if (leases == 0) {
          SubscribedScopes.this.close();
        }
      }
    }
  }
}
