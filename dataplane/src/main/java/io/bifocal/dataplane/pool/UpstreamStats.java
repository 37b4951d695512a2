package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One worker's cells of a cluster's traffic statistics ({@code cluster.<name>.upstream_*}). Made
 * once per worker and cluster, so that the data path only ever touches fields.
 */
public final class UpstreamStats {
  public final int shard;
  public final Cell cxTotal;
  public final Cell cxActive;
  public final Cell cxHttp1Total;
  public final Cell cxConnectFail;
  public final Cell cxConnectTimeout;
  public final Cell cxConnectAttemptsExceeded;
  public final Cell cxOverflow;
  public final Cell cxDestroy;
  public final Cell cxDestroyLocal;
  public final Cell cxDestroyRemote;
  public final Cell cxDestroyWithActiveRq;
  public final Cell cxDestroyLocalWithActiveRq;
  public final Cell cxDestroyRemoteWithActiveRq;
  public final Cell cxIdleTimeout;
  public final Cell cxMaxRequests;
  public final Cell cxNoneHealthy;
  public final Cell cxRxBytesTotal;
  public final Cell cxTxBytesTotal;
  public final Cell cxProtocolError;
  public final Cell rqTotal;
  public final Cell rqActive;
  public final Cell rqPendingTotal;
  public final Cell rqPendingActive;
  public final Cell rqPendingOverflow;
  public final Cell rqPendingFailureEject;
  public final Cell rqCancelled;
  public final Cell rqTimeout;
  public final Cell rqCompleted;
  public final Cell rqRxReset;
  public final Cell rqTxReset;
  public final Cell[] rqByClass;
  public final Histogram cxConnectMs;
  public final Histogram cxLengthMs;
  public final Histogram rqTime;
  private final Scope scope;
  private final @Nullable Cell[] codes = new Cell[600];

  public UpstreamStats(Scope cluster, int shard) {
    this.scope = cluster;
    this.shard = shard;
    cxTotal = counter("upstream_cx_total");
    cxActive = gauge("upstream_cx_active");
    cxHttp1Total = counter("upstream_cx_http1_total");
    cxConnectFail = counter("upstream_cx_connect_fail");
    cxConnectTimeout = counter("upstream_cx_connect_timeout");
    cxConnectAttemptsExceeded = counter("upstream_cx_connect_attempts_exceeded");
    cxOverflow = counter("upstream_cx_overflow");
    cxDestroy = counter("upstream_cx_destroy");
    cxDestroyLocal = counter("upstream_cx_destroy_local");
    cxDestroyRemote = counter("upstream_cx_destroy_remote");
    cxDestroyWithActiveRq = counter("upstream_cx_destroy_with_active_rq");
    cxDestroyLocalWithActiveRq = counter("upstream_cx_destroy_local_with_active_rq");
    cxDestroyRemoteWithActiveRq = counter("upstream_cx_destroy_remote_with_active_rq");
    cxIdleTimeout = counter("upstream_cx_idle_timeout");
    cxMaxRequests = counter("upstream_cx_max_requests");
    cxNoneHealthy = counter("upstream_cx_none_healthy");
    cxRxBytesTotal = counter("upstream_cx_rx_bytes_total");
    cxTxBytesTotal = counter("upstream_cx_tx_bytes_total");
    cxProtocolError = counter("upstream_cx_protocol_error");
    rqTotal = counter("upstream_rq_total");
    rqActive = gauge("upstream_rq_active");
    rqPendingTotal = counter("upstream_rq_pending_total");
    rqPendingActive = gauge("upstream_rq_pending_active");
    rqPendingOverflow = counter("upstream_rq_pending_overflow");
    rqPendingFailureEject = counter("upstream_rq_pending_failure_eject");
    rqCancelled = counter("upstream_rq_cancelled");
    rqTimeout = counter("upstream_rq_timeout");
    rqCompleted = counter("upstream_rq_completed");
    rqRxReset = counter("upstream_rq_rx_reset");
    rqTxReset = counter("upstream_rq_tx_reset");
    rqByClass = new Cell[6];
    for (int i = 1; i < rqByClass.length; i++) {
      rqByClass[i] = counter("upstream_rq_" + i + "xx");
    }
    rqByClass[0] = counter("upstream_rq_unknown");
    cxConnectMs = cluster.histogram("upstream_cx_connect_ms", Histogram.Unit.MILLISECONDS);
    cxLengthMs = cluster.histogram("upstream_cx_length_ms", Histogram.Unit.MILLISECONDS);
    rqTime = cluster.histogram("upstream_rq_time", Histogram.Unit.MILLISECONDS);
  }

  /** {@code upstream_rq_<code>}, made on first use. */
  public Cell rqByCode(int code) {
    if (code < 0 || code >= codes.length) {
      return rqByClass[0];
    }
    Cell known = codes[code];
    if (known == null) {
      known = counter("upstream_rq_" + code);
      codes[code] = known;
    }
    return known;
  }

  /** An answer: counts it whole, by its class and by its code. */
  public void charge(int code) {
    int kind = code / 100;
    rqCompleted.inc();
    rqByClass[kind < rqByClass.length ? kind : 0].inc();
    rqByCode(code).inc();
  }

  private Cell counter(String name) {
    return scope.counter(name).at(shard);
  }

  private Cell gauge(String name) {
    return scope.gauge(name).at(shard);
  }
}
