package io.bifocal.dataplane.http;

import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.cluster.ClusterConfig;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.HostStats;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.http.codec.Http2ClientConnection;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.RacingPools;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Clusters of one host each, on real pools and real sockets. */
final class FakeClusters implements WorkerClusters {
  private static final int BUFFER = 256 * 1024;

  private final Worker worker;
  private final StatsStore stats;
  private final Map<String, WorkerCluster> clusters = new HashMap<>();

  /** How often a pool has told that it has no connection. */
  final AtomicInteger emptied = new AtomicInteger();

  FakeClusters(Worker worker, StatsStore stats) {
    this.worker = worker;
    this.stats = stats;
  }

  /** A cluster whose host is at {@code address}; null for a cluster without hosts. */
  void add(String name, @Nullable InetSocketAddress address, CircuitBreakers breakers) {
    UpstreamStats upstream =
        new UpstreamStats(
            stats.root().tagged("cluster", "envoy.cluster_name", name), worker.shard());
    ClusterConfig config =
        new ClusterConfig(
            name,
            name,
            Duration.ofSeconds(1),
            BUFFER,
            Duration.ofHours(1),
            0,
            Cluster.newBuilder().setName(name).build());
    Host host = address == null ? null : host(Address.of(address));
    ConnectionPool pool =
        host == null
            ? null
            : new RacingPools(
                    worker,
                    Transport.best(),
                    RaceListener.NONE,
                    new OutcomeMemory(worker.loop()::nanoTime),
                    Http2ClientConnection.SESSIONS)
                .http(
                    new PoolSettings(
                        name, Duration.ofSeconds(1), Duration.ofHours(1), 0, BUFFER, breakers),
                    upstream,
                    host);
    if (pool != null) {
      pool.whenEmpty(emptied::incrementAndGet);
    }
    clusters.put(name, new OneHost(config, upstream, breakers, host, pool));
  }

  private static Host host(Address address) {
    HostState state = new HostState(address, HostStats.in(new StatsStore(8).root().scope("host")));
    return new Host(
        state,
        new AddressList(List.of(address), List.of(address)),
        "",
        Locality.NONE,
        0,
        1,
        HealthStatus.UNKNOWN,
        Metadata.getDefaultInstance());
  }

  @Override
  public @Nullable WorkerCluster find(String name) {
    return clusters.get(name);
  }

  private record OneHost(
      ClusterConfig config,
      UpstreamStats stats,
      CircuitBreakers limits,
      @Nullable Host host,
      @Nullable ConnectionPool pool)
      implements WorkerCluster {
    @Override
    public @Nullable Host chooseHost(LoadBalancerContext context) {
      return host;
    }

    @Override
    public CircuitBreakers breakers(RoutingPriority priority) {
      return limits;
    }

    @Override
    public ConnectionPool httpPool(
        Host wanted, RoutingPriority priority, ApplicationProtocol downstream) {
      if (pool == null) {
        throw new IllegalStateException("no host, no pool");
      }
      return pool;
    }

    @Override
    public ConnectionPool http2Pool(Host wanted, @Nullable TransportSocketOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ConnectionPool tcpPool(Host wanted) {
      throw new UnsupportedOperationException();
    }
  }
}
