package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The tries that a request has left after its first, and the wait before the next one, during which
 * it holds a place among the cluster's retries. Source: Envoy's {@code RetryState}.
 */
final class RetryState {
  private final RetryPolicy policy;
  private final WorkerCluster cluster;
  private final Loop loop;
  private int left;
  private Loop.@Nullable Timer backOff;

  RetryState(RetryPolicy policy, WorkerCluster cluster, Loop loop) {
    this.policy = policy;
    this.cluster = cluster;
    this.loop = loop;
    this.left = policy.retries();
  }

  /** Whether no try is left. */
  boolean exhausted() {
    return left == 0;
  }

  /**
   * Takes one of those left and runs {@code again} when its time has come.
   *
   * @return whether the circuit breaker lets it
   */
  boolean backOff(Runnable again) {
    if (!cluster.breakers().retries().tryAcquire()) {
      cluster.stats().rqRetryOverflow.inc();
      return false;
    }
    cluster.stats().rqRetry.inc();
    cluster.stats().rqRetryBackOff.inc();
    Duration delay = delay(policy.retries() - left);
    left--;
    backOff =
        loop.schedule(
            delay,
            () -> {
              backOff = null;
              cluster.breakers().retries().release();
              again.run();
            });
    return true;
  }

  // Full jitter over an interval that doubles.
  private Duration delay(int before) {
    long base = policy.baseInterval().toNanos();
    long bound = Math.min(policy.maxInterval().toNanos(), base << Math.min(before, 20));
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(Math.max(1, bound)));
  }

  /** There will be no other try. */
  void cancel() {
    Loop.Timer timer = backOff;
    if (timer != null) {
      backOff = null;
      timer.cancel();
      cluster.breakers().retries().release();
    }
  }
}
