package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LbStats;
import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.balance.LocalZone;
import io.bifocal.dataplane.balance.SubsetBalancer;
import io.bifocal.dataplane.balance.Subsets;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One worker's clusters: what was published last, and what is the worker's own beside it. The
 * latter is made on first use, so that thousands of new clusters do not stop a worker.
 */
final class WorkerTable implements WorkerClusters {
  private final Worker worker;
  private final StatsStore stats;
  private final PoolFactory pools;
  private final Balancers balancers;
  private final ProxyPlace place;
  private final @Nullable LocalZone local;
  private final Map<String, ClusterSnapshot> published = new HashMap<>();
  private final Map<String, PooledCluster> clusters = new HashMap<>();
  private final List<PooledCluster> retired = new ArrayList<>();
  private HostSet proxies = HostSet.EMPTY;
  private long revision;
  private boolean closed;

  WorkerTable(
      Worker worker, StatsStore stats, PoolFactory pools, Balancers balancers, ProxyPlace place) {
    this.worker = worker;
    this.stats = stats;
    this.pools = pools;
    this.balancers = balancers;
    this.place = place;
    this.local =
        place.localCluster().isEmpty() ? null : new LocalZone(place.locality(), () -> proxies);
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
    PooledCluster used = clusters.get(name);
    ClusterSnapshot snapshot = used == null ? published.get(name) : null;
    if (snapshot != null) {
      used = pooled(snapshot);
      clusters.put(name, used);
    }
    return used;
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
    for (String name : changes.removed()) {
      published.remove(name);
      isLocal(name, HostSet.EMPTY);
      retire(clusters.remove(name));
    }
    changes.set().forEach(this::set);
    retired.removeIf(PooledCluster::isEmpty);
  }

  private void set(ClusterSnapshot snapshot) {
    String name = snapshot.config().name();
    published.put(name, snapshot);
    isLocal(name, snapshot.hosts().set());
    PooledCluster used = clusters.get(name);
    if (used != null && used.incarnation() == snapshot.incarnation()) {
      used.update(snapshot);
    } else {
      retire(clusters.remove(name));
    }
  }

  private void isLocal(String name, HostSet hosts) {
    if (name.equals(place.localCluster())) {
      proxies = hosts;
    }
  }

  private PooledCluster pooled(ClusterSnapshot snapshot) {
    ClusterConfig config = snapshot.config();
    Scope scope = ClusterStats.scope(stats, config);
    UpstreamStats upstream = new UpstreamStats(scope, worker.shard());
    upstream.countZones(place.locality().zone());
    TrackedStats.of(config.proto()).on(upstream);
    return new PooledCluster(
        this,
        snapshot,
        upstream,
        config.transport().on(scope, worker.shard()),
        choice(config, upstream),
        pools);
  }

  private HostChooser choice(ClusterConfig config, UpstreamStats upstream) {
    if (config.discovery() instanceof OriginalDestination) {
      return new HostChooser.ByDestination(worker.shard());
    }
    Supplier<LoadBalancer> balancer = () -> balancers.make(config, upstream, loop(), local);
    Subsets subsets = config.balancing().subsets();
    return subsets == null
        ? new HostChooser.Plain(balancer.get(), config.balancing().hash() == null)
        : new HostChooser.BySubset(
            new SubsetBalancer(subsets, balancer, new LbStats(upstream.scope(), upstream.shard)));
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
    published.clear();
    clusters.clear();
    retired.clear();
  }
}
