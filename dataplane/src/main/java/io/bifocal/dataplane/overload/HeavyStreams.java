package io.bifocal.dataplane.overload;

import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.worker.Worker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams for which much is kept in memory: the heaviest are reset when it runs short. Any thread
 * may use it.
 *
 * <p>Source: {@code envoy.overload_actions.reset_high_memory_stream} and {@code
 * buffer_factory_config.minimum_account_to_track_power_of_two}.
 */
public final class HeavyStreams {
  private final int lightest;
  private final Degree degree;
  private final Counter resets;
  private final Map<Worker, WorkerStreams> workers = new ConcurrentHashMap<>();
  private double told;

  /**
   * @param lightest the power of two of bytes from which on a stream is heavy
   * @param resets counts the streams that were reset
   */
  HeavyStreams(int lightest, Degree degree, Counter resets) {
    this.lightest = lightest;
    this.degree = degree;
    this.resets = resets;
  }

  /** Those of a worker; confined to its loop. */
  public WorkerStreams on(Worker worker) {
    return workers.computeIfAbsent(
        worker, w -> new WorkerStreams(w.loop(), lightest, resets.at(w.shard())));
  }

  /** The degree may be another one now, to which every change is answered; on the control loop. */
  void look() {
    double now = degree.value();
    if (now != told) {
      told = now;
      workers.values().forEach(streams -> streams.relieve(now));
    }
  }
}
