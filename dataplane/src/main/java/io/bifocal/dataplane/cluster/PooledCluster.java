package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a cluster on one worker, with its pools by host. Whoever still holds one after
 * another has taken its place is led on to that one.
 */
final class PooledCluster implements WorkerCluster {
  private static final RoutingPriority[] PRIORITIES = {
    RoutingPriority.DEFAULT, RoutingPriority.HIGH
  };

  private final WorkerTable table;
  private final UpstreamStats stats;
  private final HostChooser choice;
  private final PoolOpener opener;
  private final Map<HostState, HostPools> pools = new HashMap<>();
  private final List<ConnectionPool> draining = new ArrayList<>();
  // Hosts whose turn it is, and to whom connections are being made already.
  private final Deque<Host> ahead = new ArrayDeque<>(1);
  private ClusterSnapshot snapshot;
  private boolean retired;

  PooledCluster(
      WorkerTable table,
      ClusterSnapshot snapshot,
      UpstreamStats stats,
      TransportSocketFactory.PerWorker transport,
      HostChooser choice,
      PoolFactory factory) {
    this.table = table;
    this.snapshot = snapshot;
    this.stats = stats;
    this.choice = choice;
    this.opener = new PoolOpener(table.loop(), snapshot.config().http(), factory, stats, transport);
    choice.update(snapshot);
  }

  long incarnation() {
    return snapshot.incarnation();
  }

  @Override
  public ClusterConfig config() {
    return snapshot.config();
  }

  @Override
  public @Nullable UpstreamFilters filters() {
    return snapshot.filters();
  }

  @Override
  public @Nullable DropOverload drops() {
    return snapshot.hosts().drops();
  }

  @Override
  public DroppedRequests dropped() {
    return snapshot.dropped();
  }

  @Override
  public UpstreamStats stats() {
    return stats;
  }

  @Override
  public CircuitBreakers breakers(RoutingPriority priority) {
    return snapshot.breakers().of(priority);
  }

  @Override
  public @Nullable Host chooseHost(LoadBalancerContext context) {
    PooledCluster live = live();
    return live == null ? null : live.next(context);
  }

  private @Nullable Host next(LoadBalancerContext context) {
    for (Host host = ahead.poll(); host != null; host = ahead.poll()) {
      Host now = snapshot.hosts().of(host.state());
      if (now != null && now.health() != Host.Health.UNHEALTHY) {
        return now;
      }
    }
    return choice.next(context);
  }

  /** Makes connections at the hosts that are next in turn. */
  private void connectAhead(int use, @Nullable TransportSocketOptions options) {
    if (!choice.isForeseeable()) {
      return;
    }
    double ratio = config().connections().predictivePreconnect();
    // A few at a time: another request will come by.
    for (int i = 0; i < 3 && load(use, options).wantsMore(ratio, 1); i++) {
      Host host = choice.next(LoadBalancerContext.NONE);
      if (host == null || ahead.size() >= snapshot.hosts().total()) {
        return;
      }
      ahead.add(host);
      ConnectionPool pool = pool(host, use, options);
      if (pool == null) {
        return;
      }
      if (!pool.preconnect(ratio)) {
        pool.tellIfEmpty();
        return;
      }
    }
  }

  private ConnectionPool.Load load(int use, @Nullable TransportSocketOptions options) {
    ConnectionPool.Load sum = ConnectionPool.Load.NONE;
    for (HostPools each : pools.values()) {
      ConnectionPool pool = each.get(use, options);
      sum = pool == null ? sum : sum.plus(pool.load());
    }
    return sum;
  }

  @Override
  public @Nullable ConnectionPool httpPool(
      Host host, RoutingPriority priority, ApplicationProtocol downstream) {
    return http(host, priority, downstream, null);
  }

  @Override
  public ConnectionPool http2Pool(Host host, @Nullable TransportSocketOptions options) {
    ConnectionPool pool = pool(host, HostPools.control(), options);
    return pool == null ? ClosedPool.INSTANCE : pool;
  }

  @Override
  public ConnectionPool tcpPool(Host host) {
    return tcp(host, null);
  }

  private ConnectionPool tcp(Host host, @Nullable TransportSocketOptions options) {
    ConnectionPool pool = pool(host, HostPools.tcp(), options);
    foresee(HostPools.tcp(), options);
    return pool == null ? ClosedPool.INSTANCE : pool;
  }

  private void foresee(int use, @Nullable TransportSocketOptions options) {
    boolean ofOneClient = options != null && options.client() != null; // nobody else could use it
    if (config().connections().predictivePreconnect() > 1 && !ofOneClient) {
      PooledCluster live = live();
      if (live != null) {
        live.connectAhead(use, options);
      }
    }
  }

  @Override
  public boolean tellsOfClients() {
    return opener.tellsOfClients();
  }

  @Override
  public @Nullable ConnectionPool httpPool(
      Host host,
      RoutingPriority priority,
      ApplicationProtocol downstream,
      TransportSocketOptions options) {
    return http(host, priority, downstream, options);
  }

  private @Nullable ConnectionPool http(
      Host host,
      RoutingPriority priority,
      ApplicationProtocol downstream,
      @Nullable TransportSocketOptions options) {
    int use = HostPools.http(priority, config().http().protocolFor(downstream));
    ConnectionPool pool = pool(host, use, options);
    foresee(use, options);
    return pool;
  }

  @Override
  public ConnectionPool tcpPool(Host host, TransportSocketOptions options) {
    return tcp(host, options);
  }

  private @Nullable ConnectionPool pool(
      Host host, int use, @Nullable TransportSocketOptions options) {
    PooledCluster live = live();
    if (live == null) {
      return ClosedPool.INSTANCE;
    }
    HostPools known = live.poolsOf(host);
    ConnectionPool pool = known.get(use, options);
    return pool == null ? live.opener.open(live.snapshot, host, known, use, options) : pool;
  }

  private HostPools poolsOf(Host host) {
    HostPools known = pools.get(host.state());
    if (known == null) {
      known = new HostPools();
      pools.put(host.state(), known);
    }
    return known;
  }

  /** New hosts of the same incarnation: pools of kept ones go on, those of removed ones drain. */
  void update(ClusterSnapshot next) {
    Hosts before = snapshot.hosts();
    snapshot = next;
    choice.update(next);
    draining.removeIf(pool -> pool.size() == 0);
    if (config().connections().closeOnHostSetChange()
        && next.hosts().changedPriorities(before) > 0) {
      pools.values().forEach(each -> drop(each, this::drain));
      pools.clear();
    }
    refresh(before, next.hosts());
  }

  /** Another incarnation has taken its place, or none. */
  void retire() {
    retired = true;
    refresh(snapshot.hosts(), Hosts.NONE);
  }

  /** Whether a retired cluster has no connection left. */
  boolean isEmpty() {
    draining.removeIf(pool -> pool.size() == 0);
    return draining.isEmpty();
  }

  void close() {
    retired = true;
    pools.values().forEach(each -> drop(each, ConnectionPool::close));
    draining.forEach(ConnectionPool::close);
    pools.clear();
    draining.clear();
  }

  /** This one, or the one that has taken its place, or null when there is none. */
  private @Nullable PooledCluster live() {
    return retired ? table.find(config().name()) : this;
  }

  private void refresh(Hosts before, Hosts after) {
    pools
        .entrySet()
        .removeIf(
            entry -> {
              Host known = before.of(entry.getKey());
              Host now = after.of(entry.getKey());
              if (now == null && known == null && choice.makesHosts() && !retired) {
                return false; // it is not among the cluster's hosts yet
              }
              if (now == null || opener.hasOtherSockets(known, now)) {
                drop(entry.getValue(), this::drain);
                return true;
              }
              if (!now.equals(known)) {
                entry.getValue().update(now);
              }
              return false;
            });
  }

  private void drain(ConnectionPool pool) {
    pool.drain();
    draining.add(pool);
  }

  // The pools of a host that goes count no longer.
  private void drop(HostPools all, Consumer<ConnectionPool> end) {
    for (RoutingPriority priority : PRIORITIES) {
      for (int i = all.count(priority); i > 0; i--) {
        breakers(priority).pools().release();
      }
    }
    all.takeAll().forEach(end);
  }
}
