package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.pool.PoolFactory;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The clusters as each worker sees them. The control loop publishes changes; each worker applies
 * them on its own loop, in order.
 */
public final class ClusterTables {
  private static final int CLOSE_SECONDS = 5;

  private final Map<Integer, WorkerTable> byShard = new LinkedHashMap<>();
  private long revision;

  /** Tables for all workers; {@code pools} is asked once for each. */
  public ClusterTables(Workers workers, StatsStore stats, Function<Worker, PoolFactory> pools) {
    this(workers, stats, pools, ProxyPlace.UNKNOWN, RuntimeReader.NONE);
  }

  /**
   * The same.
   *
   * @param place where this proxy is among others
   * @param runtime where some numbers of balancers may be changed
   */
  public ClusterTables(
      Workers workers,
      StatsStore stats,
      Function<Worker, PoolFactory> pools,
      ProxyPlace place,
      RuntimeReader runtime) {
    this(workers, stats, pools, Balancers.with(runtime), place);
  }

  ClusterTables(
      Iterable<Worker> workers,
      StatsStore stats,
      Function<Worker, PoolFactory> pools,
      Balancers balancers,
      ProxyPlace place) {
    for (Worker worker : workers) {
      byShard.put(
          worker.shard(), new WorkerTable(worker, stats, pools.apply(worker), balancers, place));
    }
  }

  /** The clusters as {@code worker} sees them; confined to its loop. */
  public WorkerClusters of(Worker worker) {
    return table(worker);
  }

  /** Closes every pool, on its loop; returns when that is done. Not to be called on a worker. */
  public void close() {
    CountDownLatch closed = new CountDownLatch(byShard.size());
    byShard
        .values()
        .forEach(
            table ->
                table
                    .loop()
                    .execute(
                        () -> {
                          table.close();
                          closed.countDown();
                        }));
    try {
      if (!closed.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a worker did not close its pools in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Hands a change to every worker. To be called on the control loop.
   *
   * @param applied runs once all have it, on the loop of the last one
   */
  void publish(List<ClusterSnapshot> set, List<String> removed, Runnable applied) {
    ClusterChanges changes = new ClusterChanges(++revision, set, removed);
    AtomicInteger missing = new AtomicInteger(byShard.size());
    for (WorkerTable table : byShard.values()) {
      table
          .loop()
          .execute(
              () -> {
                table.apply(changes);
                if (missing.decrementAndGet() == 0) {
                  applied.run();
                }
              });
    }
  }

  WorkerTable table(Worker worker) {
    WorkerTable table = byShard.get(worker.shard());
    if (table == null) {
      throw new IllegalArgumentException("no worker of this proxy: " + worker);
    }
    return table;
  }
}
