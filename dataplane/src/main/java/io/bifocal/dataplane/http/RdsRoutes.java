package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.xds.Resource;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One route configuration from RDS, shared by whoever wants it. Subscribed while there is a lease.
 * A removal is not obeyed, as Envoy does not: what was good stays.
 */
final class RdsRoutes implements ResourceWatcher<RouteConfiguration> {
  private final String name;
  private final Loop control;
  private final RouteContext context;
  private final Runnable onUnused;
  private final List<Runnable> waiting = new ArrayList<>();
  private @Nullable Subscription subscription;
  private @Nullable RouteConfiguration config;
  private @Nullable Instant since;
  private String version = "";
  private boolean heard;
  private boolean closed;
  private int leases;
  private volatile @Nullable RouteTable table;

  RdsRoutes(String name, Loop control, RouteContext context, Runnable onUnused) {
    this.name = name;
    this.control = control;
    this.context = context;
    this.onUnused = onUnused;
  }

  void start(Subscriptions xds, ConfigSource source, SubscriptionObserver observer) {
    subscription = xds.subscribe(source, ResourceType.ROUTES, Set.of(name), this, observer);
  }

  /** Runs {@code task} when there was an answer, good or bad, or none in time. */
  void whenHeard(Runnable task) {
    if (heard) {
      task.run();
    } else {
      waiting.add(task);
    }
  }

  RouteSource lease() {
    leases++;
    return new Lease();
  }

  @Nullable RouteConfiguration config() {
    return config;
  }

  @Nullable Instant since() {
    return since;
  }

  String version() {
    return version;
  }

  @Override
  public Verdict onUpdate(Update<RouteConfiguration> update) {
    control.assertInLoop();
    if (closed) {
      return Verdict.accept();
    }
    try {
      for (Resource<RouteConfiguration> resource : update.resources()) {
        if (resource.name().equals(name)) {
          take(resource, update.version());
        }
      }
      return Verdict.accept();
    } catch (ConfigException e) {
      return Verdict.reject(e.reason());
    } finally {
      heard();
    }
  }

  private void take(Resource<RouteConfiguration> resource, String updateVersion)
      throws ConfigException {
    RouteConfiguration fresh = resource.value();
    if (!fresh.getName().equals(name)) {
      throw new ConfigException(
          "Unexpected RDS configuration (expecting %s): %s".formatted(name, fresh.getName()));
    }
    if (!fresh.equals(config)) {
      table = RouteTable.compile(fresh, context, false);
      config = fresh;
      since = control.wallTime();
      version = updateVersion;
    }
  }

  @Override
  public void onError(XdsError error) {
    // A connection that failed is tried again within the time; the rest ends the waiting.
    if (!(error instanceof XdsError.Disconnected)) {
      heard();
    }
  }

  private void heard() {
    if (!heard) {
      heard = true;
      List<Runnable> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(Runnable::run);
    }
  }

  private void close() {
    closed = true;
    onUnused.run();
    Subscription open = subscription;
    if (open != null) {
      open.close();
    }
  }

  private final class Lease implements RouteSource {
    private boolean returned;

    @Override
    public @Nullable RouteTable current() {
      return table;
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
