package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.ConsistentHash;
import io.bifocal.dataplane.balance.LbStats;
import io.bifocal.dataplane.balance.LoadBalancer;
import io.bifocal.dataplane.balance.LocalZone;
import io.bifocal.dataplane.balance.Panic;
import io.bifocal.dataplane.balance.Surroundings;
import io.bifocal.dataplane.balance.TableShape;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Makes one worker's choosers of hosts. */
@FunctionalInterface
interface Balancers {
  /**
   * A chooser among the hosts of a cluster, or of a subset.
   *
   * @param local where the proxy is; null when that is not known
   */
  LoadBalancer make(
      ClusterConfig config, UpstreamStats stats, Loop loop, @Nullable LocalZone local);

  /** Makes those of clusters' policies, some of whose numbers the runtime may change. */
  static Balancers with(RuntimeReader runtime) {
    return (config, stats, loop, local) -> of(config, stats, loop, local, runtime);
  }

  private static LoadBalancer of(
      ClusterConfig config,
      UpstreamStats stats,
      Loop loop,
      @Nullable LocalZone local,
      RuntimeReader runtime) {
    Balancing how = config.balancing();
    ConsistentHash hash = how.hash();
    return LoadBalancer.of(
        how.policy(),
        new Surroundings(
            new Panic(how.panicThreshold(), stats.lbHealthyPanic::inc),
            how.localities(),
            runtime,
            local,
            () -> ThreadLocalRandom.current().nextLong(),
            loop::nanoTime,
            local == null ? LbStats.NONE : new LbStats(stats.scope(), stats.shard),
            hash == null ? shape -> {} : shape -> tell(shape, hash, stats)));
  }

  // Every worker makes the same table: one tells of it.
  private static void tell(TableShape shape, ConsistentHash hash, UpstreamStats stats) {
    if (stats.shard != 1) {
      return;
    }
    if (hash instanceof ConsistentHash.Ring) {
      Scope ring = stats.scope().scope("ring_hash_lb");
      ring.gauge("size").at(stats.shard).set(shape.size());
      ring.gauge("min_hashes_per_host").at(stats.shard).set(shape.least());
      ring.gauge("max_hashes_per_host").at(stats.shard).set(shape.most());
    } else {
      Scope maglev = stats.scope().scope("maglev_lb");
      maglev.gauge("min_entries_per_host").at(stats.shard).set(shape.least());
      maglev.gauge("max_entries_per_host").at(stats.shard).set(shape.most());
    }
  }
}
