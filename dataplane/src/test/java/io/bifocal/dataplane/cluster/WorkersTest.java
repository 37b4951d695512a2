package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.PoolSettings;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What differs when workers are real threads. */
class WorkersTest {
  private final Workers workers = Workers.start(3, Transport.best());
  private final StatsStore stats = new StatsStore(3);
  private final Queue<FakePool> pools = new ConcurrentLinkedQueue<>();
  private final ClusterTables tables = new ClusterTables(workers, stats, Pools::new);

  @AfterEach
  void close() {
    workers.close();
  }

  @Test
  void everyWorkerHasItsOwnPoolsUnderOneSetOfLimits() throws Exception {
    VirtualTime time = new VirtualTime();
    ClusterManager manager =
        new ClusterManager(
            time,
            new ScriptedSubscriptions(),
            stats,
            tables,
            ClusterDefaults.DEFAULT,
            new ScriptedNames(time),
            new TransportSockets(),
            UpstreamFilters.Reader.NONE);
    manager.addStatic(inline("a", "10.0.0.1"));
    manager.start(null, SubscriptionObserver.NONE, c -> SubscriptionObserver.NONE, () -> {});
    for (Worker worker : workers) {
      Host host = on(worker, () -> cluster(worker).chooseHost());
      assertThat(host.primary().text()).isEqualTo("10.0.0.1:80");
      on(
          worker,
          () ->
              cluster(worker)
                  .httpPool(host, RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1));
    }
    assertThat(pools).hasSize(3);
    assertThat(pools.stream().map(p -> p.settings.breakers()).distinct()).hasSize(1);

    tables.close();
    assertThat(pools).allMatch(p -> p.closed);
    assertThat(on(workers.get(0), () -> tables.of(workers.get(0)).find("a") == null)).isTrue();
  }

  private WorkerCluster cluster(Worker worker) {
    WorkerCluster found = tables.of(worker).find("a");
    if (found == null) {
      throw new AssertionError("no cluster on " + worker);
    }
    return found;
  }

  private static <T> T on(Worker worker, Supplier<T> question) throws Exception {
    return CompletableFuture.supplyAsync(question, worker.loop()).get(20, TimeUnit.SECONDS);
  }

  private final class Pools implements PoolFactory {
    private final Worker worker;

    Pools(Worker worker) {
      this.worker = worker;
    }

    @Override
    public ConnectionPool http(PoolSettings settings, UpstreamStats upstream, Host host) {
      worker.loop().assertInLoop();
      FakePool pool = new FakePool(settings, host);
      pools.add(pool);
      return pool;
    }

    @Override
    public ConnectionPool http2(PoolSettings settings, UpstreamStats upstream, Host host) {
      return http(settings, upstream, host);
    }

    @Override
    public ConnectionPool tcp(PoolSettings settings, UpstreamStats upstream, Host host) {
      return http(settings, upstream, host);
    }
  }
}
