package io.bifocal.dataplane.controlplane;

import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.rest.RestTransport;
import io.bifocal.xds.time.Loop;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Polls control planes over the named clusters' own pools on one worker: connections are raced,
 * kept and used again, and the cluster's breakers and statistics hold. The headers are those of
 * Envoy's own requests.
 */
public final class ClusterRest implements RestTransport {
  private final Function<Worker, WorkerClusters> clusters;
  private final Worker worker;
  private final Loop control;

  /**
   * @param worker on whose loop the connections live
   * @param control where requests come from and answers go
   */
  public ClusterRest(Function<Worker, WorkerClusters> clusters, Worker worker, Loop control) {
    this.clusters = clusters;
    this.worker = worker;
    this.control = control;
  }

  @Override
  public Exchange post(Post post, Consumer<Answer> answer) {
    control.assertInLoop();
    Asked asked = new Asked(answer);
    PolledRequest request =
        new PolledRequest(post, worker.loop(), heard -> control.execute(() -> asked.hear(heard)));
    worker.loop().execute(() -> request.start(clusters.apply(worker).find(post.cluster())));
    return () -> {
      asked.givenUp = true;
      worker.loop().execute(request::cancel);
    };
  }

  /**
   * Who asked; of the control loop. An answer that is under way when it gives up comes too late.
   */
  private static final class Asked {
    private final Consumer<Answer> answer;
    private boolean givenUp;

    Asked(Consumer<Answer> answer) {
      this.answer = answer;
    }

    void hear(Answer heard) {
      if (!givenUp) {
        answer.accept(heard);
      }
    }
  }
}
