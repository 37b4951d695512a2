package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.transport.TransportSocketFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a cluster on one worker, with its pools by host. Whoever still holds one after
 * another has taken its place is led on to that one.
 */
final class PooledCluster implements WorkerCluster {
  private final WorkerTable table;
  private final UpstreamStats stats;
  private final LoadBalancer balancer;
  private final PoolFactory factory;
  private final PoolSettings settings;
  private final Map<HostState, ConnectionPool> http = new HashMap<>();
  private final Map<HostState, ConnectionPool> http2 = new HashMap<>();
  private final Map<HostState, ConnectionPool> tcp = new HashMap<>();
  private final List<ConnectionPool> draining = new ArrayList<>();
  private ClusterSnapshot snapshot;
  private boolean retired;

  PooledCluster(
      WorkerTable table,
      ClusterSnapshot snapshot,
      UpstreamStats stats,
      TransportSocketFactory.PerWorker transport,
      LoadBalancer balancer,
      PoolFactory factory) {
    this.table = table;
    this.snapshot = snapshot;
    this.stats = stats;
    this.balancer = balancer;
    this.factory = factory;
    ClusterConfig config = snapshot.config();
    this.settings =
        new PoolSettings(
            config.name(),
            config.connectTimeout(),
            config.idleTimeout(),
            config.maxRequestsPerConnection(),
            config.bufferLimit(),
            snapshot.breakers(),
            config.connect(),
            config.sockets(),
            transport,
            config.protocol(),
            config.http2());
  }

  long incarnation() {
    return snapshot.incarnation();
  }

  @Override
  public ClusterConfig config() {
    return snapshot.config();
  }

  @Override
  public UpstreamStats stats() {
    return stats;
  }

  @Override
  public CircuitBreakers breakers() {
    return snapshot.breakers();
  }

  @Override
  public @Nullable Host chooseHost() {
    PooledCluster live = live();
    return live == null ? null : live.balancer.choose(live.snapshot.hosts().set());
  }

  @Override
  public ConnectionPool httpPool(Host host) {
    PooledCluster live = live();
    return live == null
        ? ClosedPool.INSTANCE
        : live.http.computeIfAbsent(
            host.state(), s -> live.factory.http(live.settings, live.stats, host));
  }

  @Override
  public ConnectionPool http2Pool(Host host) {
    PooledCluster live = live();
    return live == null
        ? ClosedPool.INSTANCE
        : live.http2.computeIfAbsent(
            host.state(), s -> live.factory.http2(live.settings, live.stats, host));
  }

  @Override
  public ConnectionPool tcpPool(Host host) {
    PooledCluster live = live();
    return live == null
        ? ClosedPool.INSTANCE
        : live.tcp.computeIfAbsent(
            host.state(), s -> live.factory.tcp(live.settings, live.stats, host));
  }

  /** New hosts of the same incarnation: pools of kept ones go on, those of removed ones drain. */
  void update(ClusterSnapshot next) {
    Hosts before = snapshot.hosts();
    snapshot = next;
    draining.removeIf(pool -> pool.size() == 0);
    refresh(http, before, next.hosts());
    refresh(http2, before, next.hosts());
    refresh(tcp, before, next.hosts());
  }

  /** Another incarnation has taken its place, or none. */
  void retire() {
    retired = true;
    refresh(http, snapshot.hosts(), Hosts.NONE);
    refresh(http2, snapshot.hosts(), Hosts.NONE);
    refresh(tcp, snapshot.hosts(), Hosts.NONE);
  }

  /** Whether a retired cluster has no connection left. */
  boolean isEmpty() {
    draining.removeIf(pool -> pool.size() == 0);
    return draining.isEmpty();
  }

  void close() {
    retired = true;
    http.values().forEach(ConnectionPool::close);
    http2.values().forEach(ConnectionPool::close);
    tcp.values().forEach(ConnectionPool::close);
    draining.forEach(ConnectionPool::close);
    http.clear();
    http2.clear();
    tcp.clear();
    draining.clear();
  }

  /** This one, or the one that has taken its place, or null when there is none. */
  private @Nullable PooledCluster live() {
    return retired ? table.find(config().name()) : this;
  }

  private void refresh(Map<HostState, ConnectionPool> pools, Hosts before, Hosts after) {
    pools
        .entrySet()
        .removeIf(
            entry -> {
              Host now = after.of(entry.getKey());
              if (now == null) {
                entry.getValue().drain();
                draining.add(entry.getValue());
                return true;
              }
              if (!now.equals(before.of(entry.getKey()))) {
                entry.getValue().update(now);
              }
              return false;
            });
  }
}
