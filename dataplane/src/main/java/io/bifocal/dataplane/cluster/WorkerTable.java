package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One worker's clusters: what was published last, and what is the worker's own beside it. */
final class WorkerTable implements WorkerClusters {
  private final Worker worker;
  private final StatsStore stats;
  private final PoolFactory pools;
  private final Function<ClusterConfig, LoadBalancer> balancers;
  private final Map<String, PooledCluster> clusters = new HashMap<>();
  private final List<PooledCluster> retired = new ArrayList<>();
  private long revision;
  private boolean closed;

  WorkerTable(
      Worker worker,
      StatsStore stats,
      PoolFactory pools,
      Function<ClusterConfig, LoadBalancer> balancers) {
    this.worker = worker;
    this.stats = stats;
    this.pools = pools;
    this.balancers = balancers;
  }

  Loop loop() {
    return worker.loop();
  }

  /** Of the last change applied. */
  long revision() {
    loop().assertInLoop();
    return revision;
  }

  @Override
  public @Nullable PooledCluster find(String name) {
    return clusters.get(name);
  }

  void apply(ClusterChanges changes) {
    loop().assertInLoop();
    if (closed) {
      return;
    }
    if (changes.revision() <= revision) {
      throw new IllegalStateException("revision " + changes.revision() + " after " + revision);
    }
    revision = changes.revision();
    changes.removed().forEach(name -> retire(clusters.remove(name)));
    changes.set().forEach(this::set);
    retired.removeIf(PooledCluster::isEmpty);
  }

  private void set(ClusterSnapshot snapshot) {
    String name = snapshot.config().name();
    PooledCluster current = clusters.get(name);
    if (current != null && current.incarnation() == snapshot.incarnation()) {
      current.update(snapshot);
      return;
    }
    clusters.put(
        name,
        new PooledCluster(
            this, snapshot, upstreamStats(snapshot), balancers.apply(snapshot.config()), pools));
    retire(current);
  }

  private UpstreamStats upstreamStats(ClusterSnapshot snapshot) {
    return new UpstreamStats(ClusterStats.scope(stats, snapshot.config()), worker.shard());
  }

  private void retire(@Nullable PooledCluster cluster) {
    if (cluster != null) {
      cluster.retire();
      retired.add(cluster);
    }
  }

  void close() {
    loop().assertInLoop();
    closed = true;
    clusters.values().forEach(PooledCluster::close);
    retired.forEach(PooledCluster::close);
    clusters.clear();
    retired.clear();
  }
}
