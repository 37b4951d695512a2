package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.pool.ResponseCodes;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is counted of the requests of a route or of a virtual cluster. To be used by all workers.
 * Source: Envoy's {@code ALL_VIRTUAL_CLUSTER_STATS}, and its response statistics.
 */
public final class RequestCounts {
  private final String name;
  private final Scope scope;
  private final Map<Integer, OfWorker> workers = new ConcurrentHashMap<>();

  /** One worker's cells. */
  public static final class OfWorker {
    public final Cell total;
    public final Cell timeout;
    public final Cell retry;
    public final Cell retryLimitExceeded;
    public final Cell retryOverflow;
    public final Cell retrySuccess;
    public final ResponseCodes codes;

    private OfWorker(Scope scope, int shard) {
      total = scope.counter("upstream_rq_total").at(shard);
      timeout = scope.counter("upstream_rq_timeout").at(shard);
      retry = scope.counter("upstream_rq_retry").at(shard);
      retryLimitExceeded = scope.counter("upstream_rq_retry_limit_exceeded").at(shard);
      retryOverflow = scope.counter("upstream_rq_retry_overflow").at(shard);
      retrySuccess = scope.counter("upstream_rq_retry_success").at(shard);
      codes = new ResponseCodes(scope, shard);
    }
  }

  RequestCounts(String name, Scope scope) {
    this.name = name;
    this.scope = scope;
    OfWorker unused = at(0); // so that they are listed
  }

  /** Of the virtual cluster; empty for the others' one. */
  public String name() {
    return name;
  }

  /**
   * A worker's cells.
   *
   * @param shard the worker's
   */
  public OfWorker at(int shard) {
    return workers.computeIfAbsent(shard, own -> new OfWorker(scope, own));
  }
}
