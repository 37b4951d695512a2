package io.bifocal.dataplane.controlplane;

import io.bifocal.dataplane.cluster.ServerNames;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.dataplane.worker.Worker;
import io.grpc.Status;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gets connections of one cluster from its pool on one worker.
 *
 * @param authority whom the calls ask for
 */
record UpstreamDialer(
    Supplier<WorkerClusters> clusters, Worker worker, String cluster, String authority) {

  /** Hears, on the worker's loop, one answer. */
  interface Answer {
    void connected(UpstreamConnection connection);

    void failed(Status why);
  }

  /** Asks for a connection; on the worker's loop. What is returned takes the question back. */
  ConnectionPool.@Nullable Ticket dial(Answer answer) {
    worker.loop().assertInLoop();
    WorkerCluster found = clusters.get().find(cluster);
    if (found == null) {
      answer.failed(unavailable("there is no cluster '" + cluster + "'"));
      return null;
    }
    Host host = found.chooseHost();
    if (host == null) {
      found.stats().cxNoneHealthy.inc();
      answer.failed(unavailable("no healthy upstream in cluster '" + cluster + "'"));
      return null;
    }
    return found
        .http2Pool(host, ServerNames.of(found, authority))
        .acquire(
            new ConnectionPool.Waiter() {
              @Override
              public void onReady(UpstreamConnection connection) {
                answer.connected(connection);
              }

              @Override
              public void onFailure(PoolFailure failure) {
                answer.failed(unavailable(text(failure)));
              }
            });
  }

  private String text(PoolFailure failure) {
    String reason = failure.reason().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    String detail = failure.detail().isEmpty() ? "" : ", " + failure.detail();
    return "no connection to cluster '" + cluster + "': " + reason + detail;
  }

  private static Status unavailable(String text) {
    return Status.UNAVAILABLE.withDescription(text);
  }
}
