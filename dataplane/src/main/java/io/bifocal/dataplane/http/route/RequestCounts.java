package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.pool.ResponseCodes;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is counted of the requests of a route or of a virtual cluster: {@code upstream_rq_total},
 * {@code _completed}, {@code _2xx}, {@code _200} and {@code _time}. To be used by all workers.
 */
public final class RequestCounts {
  private final String name;
  private final Scope scope;
  private final Histogram time;
  private final Map<Integer, OfWorker> workers = new ConcurrentHashMap<>();

  private record OfWorker(Cell total, ResponseCodes codes) {}

  RequestCounts(String name, Scope scope) {
    this.name = name;
    this.scope = scope;
    this.time = scope.histogram("upstream_rq_time", Histogram.Unit.MILLISECONDS);
  }

  /** Of the virtual cluster; empty for the others' one. */
  public String name() {
    return name;
  }

  /**
   * Counts a request that is over.
   *
   * @param shard the worker's
   */
  public void add(StreamInfo info, int shard) {
    OfWorker own = workers.computeIfAbsent(shard, this::ofWorker);
    own.total.inc();
    if (info.responseCode != 0) {
      own.codes.charge(info.responseCode);
    }
    if (info.lastUpstreamRxNanos >= 0 && info.lastDownstreamRxNanos >= 0) {
      long nanos = info.lastUpstreamRxNanos - info.lastDownstreamRxNanos;
      time.record(shard, Math.max(0, nanos) / 1_000_000);
    }
  }

  private OfWorker ofWorker(int shard) {
    return new OfWorker(
        scope.counter("upstream_rq_total").at(shard), new ResponseCodes(scope, shard));
  }
}
