package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.ondemand.Wait;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One scope: a key, and the routes that hold there. Its routes may be asked for only on demand. */
final class RouteScope implements RouteSource {
  private static final Logger log = LoggerFactory.getLogger(RouteScope.class);

  private final ScopedRouteConfiguration config;
  private final Loader loader;
  private final Duration patience;
  private final Listener listener;
  private volatile @Nullable RouteSource routes;
  private boolean closed;
  private boolean told;

  /** Hears what comes of asking for routes on demand; on the control loop. */
  interface Listener {
    /** Nobody. */
    Listener NONE = new Listener() {};

    /** They have been asked for. */
    default void loaded() {}

    /** They cannot be. */
    default void failed() {}
  }

  /** Gets the routes of a scope; on the control loop. */
  @FunctionalInterface
  interface Loader {
    RouteSource load(ScopedRouteConfiguration scope, InitManager init) throws ConfigException;
  }

  /**
   * A scope without its routes.
   *
   * @param patience how long a request waits for them
   */
  RouteScope(ScopedRouteConfiguration config, Loader loader, Duration patience, Listener listener) {
    this.config = config;
    this.loader = loader;
    this.patience = patience;
    this.listener = listener;
  }

  ScopedRouteConfiguration config() {
    return config;
  }

  /**
   * Asks for the routes, if that was not done; on the control loop. {@code init} waits for them.
   */
  void load(InitManager init) throws ConfigException {
    if (routes == null && !closed) {
      routes = loader.load(config, init);
    }
  }

  /** Whether its routes come by RDS, and were asked for. */
  boolean subscribed() {
    return routes instanceof RdsRoutes.Lease;
  }

  @Override
  public @Nullable RouteTable current(RequestHead head) {
    RouteSource source = routes;
    return source == null ? null : source.current(head);
  }

  @Override
  public @Nullable Question missing(RequestHead head) {
    RouteSource source = routes;
    if (source == null || (source instanceof RdsRoutes.Lease lease && lease.current() == null)) {
      return new Arrival(this);
    }
    return source.missing(head);
  }

  @Override
  public void close() {
    closed = true;
    RouteSource source = routes;
    if (source != null) {
      source.close();
    }
  }

  private void ask(Wait asker) {
    try {
      if (routes == null) {
        load(new InitManager("on demand"));
        listener.loaded();
      }
    } catch (ConfigException | IllegalArgumentException e) {
      failed(e);
      asker.answered();
      return;
    }
    if (routes instanceof RdsRoutes.Lease lease) {
      lease.arrival().ask(asker);
    } else {
      asker.answered();
    }
  }

  // Each request comes here: the first is told, all are counted.
  private void failed(Exception reason) {
    listener.failed();
    if (!told) {
      told = true;
      log.warn(
          "the routes {} of scope {} cannot be asked for: {}",
          config.getRouteConfigurationName(),
          config.getName(),
          reason.getMessage());
    }
  }

  private void withdraw(Wait asker) {
    if (routes instanceof RdsRoutes.Lease lease) {
      lease.arrival().withdraw(asker);
    }
  }

  /** Whether the routes of a scope have come. */
  private record Arrival(RouteScope scope) implements Question {
    @Override
    public Duration patience() {
      return scope.patience;
    }

    @Override
    public void ask(Wait asker) {
      scope.ask(asker);
    }

    @Override
    public void withdraw(Wait asker) {
      scope.withdraw(asker);
    }
  }
}
