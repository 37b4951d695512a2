package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** The connections of one filter chain; each worker keeps its own. */
final class LiveConnections {
  private final List<OnWorker> onWorkers = new ArrayList<>();

  LiveConnections(Workers workers) {
    workers.forEach(w -> onWorkers.add(new OnWorker(w)));
  }

  /** Keeps a connection until it closes; on its worker. */
  void add(Worker worker, Channel connection) {
    onWorkers.get(worker.shard() - 1).add(connection);
  }

  /** Closes every connection there is, soon. */
  void closeAll() {
    onWorkers.forEach(w -> w.worker.loop().execute(w::closeAll));
  }

  /**
   * Tells, once, through {@code executor}, when every worker has been seen without a connection.
   * That was the last one if none is accepted any more.
   */
  void whenGone(Executor executor, Runnable gone) {
    AtomicInteger waiting = new AtomicInteger(onWorkers.size());
    Runnable one =
        () -> {
          if (waiting.decrementAndGet() == 0) {
            executor.execute(gone);
          }
        };
    onWorkers.forEach(w -> w.worker.loop().execute(() -> w.whenGone(one)));
  }

  private static final class OnWorker {
    private final Worker worker;
    private final Set<Channel> connections = new HashSet<>();
    private final List<Runnable> whenGone = new ArrayList<>();

    OnWorker(Worker worker) {
      this.worker = worker;
    }

    void add(Channel connection) {
      connections.add(connection);
      connection.closeFuture().addListener(f -> remove(connection));
    }

    private void remove(Channel connection) {
      connections.remove(connection);
      tellIfGone();
    }

    void closeAll() {
      for (Channel connection : List.copyOf(connections)) {
        var unused = connection.close();
      }
    }

    void whenGone(Runnable gone) {
      whenGone.add(gone);
      tellIfGone();
    }

    private void tellIfGone() {
      if (connections.isEmpty() && !whenGone.isEmpty()) {
        List<Runnable> tell = List.copyOf(whenGone);
        whenGone.clear();
        tell.forEach(Runnable::run);
      }
    }
  }
}
