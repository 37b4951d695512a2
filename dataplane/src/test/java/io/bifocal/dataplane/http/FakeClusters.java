package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.OneHost;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.Http2ClientConnection;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.RacingPools;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
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
    Host host =
        address == null
            ? null
            : OneHost.at(Address.of(address), new StatsStore(8).root().scope("host"));
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
    clusters.put(
        name,
        new OneHost(
            OneHost.named(name, Duration.ofSeconds(1), BUFFER), upstream, breakers, host, pool));
  }

  @Override
  public @Nullable WorkerCluster find(String name) {
    return clusters.get(name);
  }
}
