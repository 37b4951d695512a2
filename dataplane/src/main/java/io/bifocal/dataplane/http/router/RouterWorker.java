package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.xds.time.Loop;

/**
 * One router on one worker: what all of its requests there have in common. Confined to the worker's
 * loop.
 */
public final class RouterWorker {
  private final Loop loop;
  private final WorkerClusters clusters;
  private final RouterSettings settings;
  private final RouterStats stats;
  private final int shard;
  private final RuntimeReader runtime;
  private final MaintenanceModes maintenance;

  public RouterWorker(
      Loop loop,
      WorkerClusters clusters,
      RouterSettings settings,
      RouterStats stats,
      int shard,
      RuntimeReader runtime) {
    this.loop = loop;
    this.clusters = clusters;
    this.settings = settings;
    this.stats = stats;
    this.shard = shard;
    this.runtime = runtime;
    this.maintenance = new MaintenanceModes(runtime);
  }

  Loop loop() {
    return loop;
  }

  WorkerClusters clusters() {
    return clusters;
  }

  RouterSettings settings() {
    return settings;
  }

  RouterStats stats() {
    return stats;
  }

  /** The worker's cell of every statistic. */
  int shard() {
    return shard;
  }

  RuntimeReader runtime() {
    return runtime;
  }

  MaintenanceModes maintenance() {
    return maintenance;
  }
}
