package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.init.FirstAnswer;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.ondemand.Wait;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceName;
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
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One route configuration from RDS, shared by whoever wants it. Subscribed while there is a lease.
 * A removal is not obeyed, as Envoy does not: what was good stays.
 */
final class RdsRoutes implements ResourceWatcher<RouteConfiguration> {
  private final String name;
  private final Loop control;
  private final CompiledRoutes routes;
  private final Runnable onUnused;
  private final FirstAnswer first = new FirstAnswer();
  private final Set<Wait> askers = new LinkedHashSet<>();
  private @Nullable Subscription subscription;
  private Duration patience = Duration.ZERO;
  private boolean closed;
  private int leases;

  RdsRoutes(String name, Loop control, CompiledRoutes routes, Runnable onUnused) {
    this.name = name;
    this.control = control;
    this.routes = routes;
    this.onUnused = onUnused;
  }

  void start(Subscriptions xds, ConfigSource source, SubscriptionObserver observer) {
    patience = Subscriptions.initialFetchTimeout(source);
    subscription = xds.subscribe(source, ResourceType.ROUTES, Set.of(name), this, observer);
  }

  /** Runs {@code task} when there was an answer, good or bad, or none in time. */
  void whenHeard(Runnable task) {
    first.whenHere(task);
  }

  Lease lease() {
    leases++;
    return new Lease();
  }

  /** What became of the last answer. */
  Optional<ResourceStatus> status() {
    return subscription == null ? Optional.empty() : subscription.status(name);
  }

  CompiledRoutes routes() {
    return routes;
  }

  @Override
  public Verdict onUpdate(Update<RouteConfiguration> update) {
    control.assertInLoop();
    if (closed) {
      return Verdict.accept();
    }
    try {
      for (Resource<RouteConfiguration> resource : update.resources()) {
        if (resource.name().equals(ResourceName.canonical(name))) {
          take(resource, update.version());
        }
      }
      return Verdict.accept();
    } catch (ConfigException e) {
      return Verdict.reject(e.reason());
    } finally {
      routes.whenHostsHeard(first::came);
    }
  }

  private void take(Resource<RouteConfiguration> resource, String version) throws ConfigException {
    RouteConfiguration fresh = resource.value();
    if (!fresh.getName().equals(name)) {
      throw new ConfigException(
          "Unexpected RDS configuration (expecting %s): %s".formatted(name, fresh.getName()));
    }
    routes.take(fresh, version, false);
    List<Wait> all = List.copyOf(askers);
    askers.clear();
    all.forEach(Wait::answered);
  }

  @Override
  public void onError(XdsError error) {
    // A connection that failed is tried again within the time; the rest ends the waiting.
    if (!(error instanceof XdsError.Disconnected)) {
      first.came();
    }
  }

  private void close() {
    closed = true;
    onUnused.run();
    Subscription open = subscription;
    if (open != null) {
      open.close();
    }
    routes.close();
    askers.forEach(Wait::answered);
    askers.clear();
  }

  /** Whether the routes have come; for requests that need them before. */
  private final class Arrival implements Question {
    @Override
    public Duration patience() {
      return patience;
    }

    @Override
    public void ask(Wait asker) {
      if (routes.table() != null || closed) {
        asker.answered();
      } else {
        askers.add(asker);
      }
    }

    @Override
    public void withdraw(Wait asker) {
      askers.remove(asker);
    }
  }

  /** One use of the routes. */
  final class Lease implements RouteSource {
    private boolean returned;

    /** On any loop. */
    @Nullable RouteTable current() {
      return routes.table();
    }

    @Override
    public @Nullable RouteTable current(RequestHead head) {
      return routes.table();
    }

    @Override
    public @Nullable Question missing(RequestHead head) {
      return routes.missing(head);
    }

    /** Whether the routes have come at all; on any loop. */
    Question arrival() {
      return new Arrival();
    }

    @Override
    public void close() {
      if (!returned) {
        returned = true;
        leases--;
        if (leases == 0) {
          RdsRoutes.this.close();
        }
      }
    }
  }
}
