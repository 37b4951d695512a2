package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.RouteContext;
import io.bifocal.dataplane.http.route.RouteTable;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.SubscriptionObserver;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One route configuration as workers use it: its own virtual hosts, and those that come by VHDS.
 * What was good stays until something good replaces it. Confined to the control loop, but for
 * {@link #table} and {@link #missing}.
 */
final class CompiledRoutes implements VirtualHostSource.Owner, AutoCloseable {
  private final Surroundings surroundings;
  private final Scope vhdsScope;
  private final List<Runnable> waiting = new ArrayList<>();
  private @Nullable RouteConfiguration own;
  private @Nullable RouteConfiguration compiled;
  private List<VirtualHost> others = List.of();
  private @Nullable Instant since;
  private @Nullable Counter overflow;
  private String version = "";
  private @Nullable ConfigSource vhdsSource;
  private volatile VirtualHostSource.@Nullable Lease vhds;
  private volatile @Nullable RouteTable table;

  /**
   * What all route configurations share.
   *
   * @param observers by scope: count what happens to a subscription
   */
  record Surroundings(
      VirtualHostSources virtualHosts,
      Function<Scope, SubscriptionObserver> observers,
      RouteContext context,
      Supplier<Instant> now) {}

  /**
   * No routes yet.
   *
   * @param scope the route configuration's, {@code http.<prefix>.rds.}
   */
  CompiledRoutes(Surroundings surroundings, Scope scope) {
    this.surroundings = surroundings;
    this.vhdsScope = scope.scope("vhds");
  }

  /**
   * Takes a configuration, in place of the one before.
   *
   * @param validate whether clusters must exist where the configuration does not say
   * @throws ConfigException when it cannot be taken
   */
  void take(RouteConfiguration fresh, String freshVersion, boolean validate)
      throws ConfigException {
    if (fresh.equals(own)) {
      return;
    }
    ConfigSource wanted = fresh.hasVhds() ? fresh.getVhds().getConfigSource() : null;
    VirtualHostSource.Lease before = vhds;
    VirtualHostSource.Lease lease =
        wanted == null || wanted.equals(vhdsSource) ? before : lease(wanted, fresh.getName());
    if (wanted == null) {
      lease = null;
    }
    try {
      compile(fresh, lease == null ? List.of() : lease.known(), validate);
    } catch (ConfigException e) {
      if (lease != null && lease != before) {
        lease.close();
      }
      throw e;
    }
    own = fresh;
    version = freshVersion;
    vhdsSource = wanted;
    vhds = lease;
    if (before != null && before != lease) {
      before.close();
    }
    if (lease == null || lease.hasHeard()) {
      heard();
    }
  }

  private VirtualHostSource.Lease lease(ConfigSource from, String name) throws ConfigException {
    boolean incremental =
        from.hasAds()
            || from.getApiConfigSource().getApiType() == ApiConfigSource.ApiType.DELTA_GRPC;
    if (!incremental) {
      throw new ConfigException(
          "vhds: only 'DELTA_GRPC' or 'ADS' (which uses Delta xDS) is supported as a config"
              + " source.");
    }
    Scope scope = vhdsScope.scope(name);
    overflow = scope.counter("overflow");
    try {
      return surroundings
          .virtualHosts()
          .lease(from, name, surroundings.observers().apply(scope), this);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("vhds: " + e.getMessage(), e);
    }
  }

  private void compile(RouteConfiguration fresh, Collection<VirtualHost> more, boolean validate)
      throws ConfigException {
    table = RouteTable.compile(fresh, more, surroundings.context(), validate, table);
    compiled = fresh;
    others = List.copyOf(more);
    since = surroundings.now().get();
  }

  /** With its virtual hosts, as it is in force. */
  @Nullable RouteConfiguration config() {
    RouteConfiguration config = compiled;
    return config == null || others.isEmpty()
        ? config
        : config.toBuilder().addAllVirtualHosts(others).build();
  }

  /** When it became so. */
  @Nullable Instant since() {
    return since;
  }

  /** Of the response that changed it last. */
  String version() {
    return version;
  }

  /** On any loop. */
  @Nullable RouteTable table() {
    return table;
  }

  /** Who may know a virtual host that is not there; null when nobody does. On any loop. */
  @Nullable Question missing(RequestHead head) {
    VirtualHostSource.Lease lease = vhds;
    return lease == null || table == null || hasHost(head.authority)
        ? null
        : lease.question(head.authority);
  }

  @Override
  public boolean hasHost(String authority) {
    RouteTable known = table;
    return known != null && known.hasHost(authority);
  }

  /** Runs {@code task} when the virtual hosts are there, or nobody waits for them any longer. */
  void whenHostsHeard(Runnable task) {
    VirtualHostSource.Lease lease = vhds;
    if (lease == null || lease.hasHeard()) {
      task.run();
    } else {
      waiting.add(task);
    }
  }

  @Override
  public void take(Collection<VirtualHost> all, String vhdsVersion) throws ConfigException {
    RouteConfiguration config = own;
    if (config != null) {
      compile(config, all, false);
      version = vhdsVersion;
    }
  }

  @Override
  public void heard() {
    List<Runnable> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(Runnable::run);
  }

  @Override
  public void overflow() {
    if (overflow != null) {
      overflow.inc();
    }
  }

  @Override
  public void close() {
    VirtualHostSource.Lease lease = vhds;
    vhds = null;
    if (lease != null) {
      lease.close();
    }
    heard();
  }
}
