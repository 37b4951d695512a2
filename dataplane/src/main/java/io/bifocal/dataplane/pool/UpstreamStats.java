package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One worker's cells of a cluster's traffic statistics ({@code cluster.<name>.upstream_*}). Made
 * once per worker and cluster, so that the data path only ever touches fields.
 */
public final class UpstreamStats {
  /** How many names of their own requests may bring to a cluster ({@link #alternative}). */
  private static final int MOST_ALTERNATIVES = 100;

  public final int shard;
  public final Cell cxTotal;
  public final Cell cxActive;
  public final Cell cxHttp1Total;
  public final Cell cxHttp2Total;
  public final Cell cxHttp3Total;
  public final Cell http3Broken;
  public final Cell cxConnectFail;
  public final Cell cxConnectTimeout;
  public final Cell cxConnectAttemptsExceeded;
  public final Cell cxOverflow;
  public final Cell cxPoolOverflow;
  public final Cell cxMaxDuration;
  public final Cell bindErrors;
  public final Cell cxDestroy;
  public final Cell cxDestroyLocal;
  public final Cell cxDestroyRemote;
  public final Cell cxDestroyWithActiveRq;
  public final Cell cxDestroyLocalWithActiveRq;
  public final Cell cxDestroyRemoteWithActiveRq;
  public final Cell cxCloseNotify;
  public final Cell cxIdleTimeout;
  public final Cell cxMaxRequests;
  public final Cell cxNoneHealthy;
  public final Cell lbHealthyPanic;
  public final Cell originalDstHostInvalid;
  public final Cell cxReadingPaused;
  public final Cell cxReadingResumed;
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
  public final Cell rqRxReset;
  public final Cell rqTxReset;
  public final Cell rqPerTryTimeout;
  public final Cell rqRetry;
  public final Cell rqActiveOverflow;
  public final Cell rqPerTryIdleTimeout;
  public final Cell rqMaxDuration;
  public final Cell rqRetryBackOff;
  public final Cell rqRetryBackOffRateLimited;
  public final Cell retryOrShadowAbandoned;
  public final Cell internalRedirectSucceeded;
  public final Cell internalRedirectFailed;
  public final Cell rqRetrySuccess;
  public final Cell rqRetryOverflow;
  public final Cell rqRetryLimitExceeded;
  public final Cell rqMaintenanceMode;

  /** Answers that were not passed on but tried again: {@code retry.upstream_rq_*}. */
  public final ResponseCodes retried;

  public final Histogram cxConnectMs;
  public final Histogram cxLengthMs;
  public final Histogram rqPerCx;
  public final Histogram rqTime;

  /** Counts races: {@code connect.*}. */
  public final RaceListener races = this::count;

  private final Scope scope;
  private @Nullable RaceStats raceStats;
  private @Nullable Http2Stats http2;
  private @Nullable Cell http3StreamsActive;
  private @Nullable ZoneCodes zones;
  private @Nullable MessageSizes sizes;
  private @Nullable TimeoutBudgets budgets;
  private final CodeStats codes;
  // By the names that requests bring; null until one brings one.
  private @Nullable Map<String, CodeStats> alternatives;

  public UpstreamStats(Scope cluster, int shard) {
    this.scope = cluster;
    this.shard = shard;
    cxTotal = counter("upstream_cx_total");
    cxActive = gauge("upstream_cx_active");
    cxHttp1Total = counter("upstream_cx_http1_total");
    cxHttp2Total = counter("upstream_cx_http2_total");
    cxHttp3Total = counter("upstream_cx_http3_total");
    http3Broken = counter("upstream_http3_broken");
    cxConnectFail = counter("upstream_cx_connect_fail");
    cxConnectTimeout = counter("upstream_cx_connect_timeout");
    cxConnectAttemptsExceeded = counter("upstream_cx_connect_attempts_exceeded");
    cxOverflow = counter("upstream_cx_overflow");
    cxPoolOverflow = counter("upstream_cx_pool_overflow");
    cxMaxDuration = counter("upstream_cx_max_duration_reached");
    bindErrors = counter("bind_errors");
    cxDestroy = counter("upstream_cx_destroy");
    cxDestroyLocal = counter("upstream_cx_destroy_local");
    cxDestroyRemote = counter("upstream_cx_destroy_remote");
    cxDestroyWithActiveRq = counter("upstream_cx_destroy_with_active_rq");
    cxDestroyLocalWithActiveRq = counter("upstream_cx_destroy_local_with_active_rq");
    cxDestroyRemoteWithActiveRq = counter("upstream_cx_destroy_remote_with_active_rq");
    cxCloseNotify = counter("upstream_cx_close_notify");
    cxIdleTimeout = counter("upstream_cx_idle_timeout");
    cxMaxRequests = counter("upstream_cx_max_requests");
    cxNoneHealthy = counter("upstream_cx_none_healthy");
    lbHealthyPanic = counter("lb_healthy_panic");
    originalDstHostInvalid = counter("original_dst_host_invalid");
    cxReadingPaused = counter("upstream_flow_control_paused_reading_total");
    cxReadingResumed = counter("upstream_flow_control_resumed_reading_total");
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
    rqRxReset = counter("upstream_rq_rx_reset");
    rqTxReset = counter("upstream_rq_tx_reset");
    rqPerTryTimeout = counter("upstream_rq_per_try_timeout");
    rqRetry = counter("upstream_rq_retry");
    rqRetryBackOff = counter("upstream_rq_retry_backoff_exponential");
    rqRetryBackOffRateLimited = counter("upstream_rq_retry_backoff_ratelimited");
    rqActiveOverflow = counter("upstream_rq_active_overflow");
    rqPerTryIdleTimeout = counter("upstream_rq_per_try_idle_timeout");
    rqMaxDuration = counter("upstream_rq_max_duration_reached");
    retryOrShadowAbandoned = counter("retry_or_shadow_abandoned");
    internalRedirectSucceeded = counter("upstream_internal_redirect_succeeded_total");
    internalRedirectFailed = counter("upstream_internal_redirect_failed_total");
    rqRetrySuccess = counter("upstream_rq_retry_success");
    rqRetryOverflow = counter("upstream_rq_retry_overflow");
    rqRetryLimitExceeded = counter("upstream_rq_retry_limit_exceeded");
    rqMaintenanceMode = counter("upstream_rq_maintenance_mode");
    codes = new CodeStats(cluster, shard);
    retried = new ResponseCodes(cluster.scope("retry"), shard);
    cxConnectMs = cluster.histogram("upstream_cx_connect_ms", Histogram.Unit.MILLISECONDS);
    cxLengthMs = cluster.histogram("upstream_cx_length_ms", Histogram.Unit.MILLISECONDS);
    rqPerCx = cluster.histogram("upstream_rq_per_cx", Histogram.Unit.UNSPECIFIED);
    rqTime = cluster.histogram("upstream_rq_time", Histogram.Unit.MILLISECONDS);
  }

  /** The cluster's statistics. */
  public Scope scope() {
    return scope;
  }

  /** Counts answers, by their codes. */
  public CodeStats codes() {
    return codes;
  }

  /**
   * Counts answers under a name that a request brings ({@code x-envoy-upstream-alt-stat-name});
   * null when there are too many such names already, which {@code upstream_alt_stat_overflow}
   * tells.
   */
  public @Nullable CodeStats alternative(String name) {
    Map<String, CodeStats> known = alternatives;
    if (known == null) {
      known = new HashMap<>();
      alternatives = known;
    }
    CodeStats one = known.get(name);
    if (one == null && known.size() >= MOST_ALTERNATIVES) {
      counter("upstream_alt_stat_overflow").inc();
    } else if (one == null) {
      one = new CodeStats(scope.scope(name), shard);
      known.put(name, one);
    }
    return one;
  }

  /** Answers are counted by zones from now on: this proxy is in one of them. */
  public void countZones(String own) {
    zones = own.isEmpty() ? null : new ZoneCodes(scope, shard, own);
  }

  /** Answers by zone; null when it is not known where this proxy is. */
  public @Nullable ZoneCodes zones() {
    return zones;
  }

  /** The sizes of messages are recorded from now on. */
  public void recordSizes() {
    sizes = new MessageSizes(scope, shard);
  }

  /** Null when nobody asks for them. */
  public @Nullable MessageSizes sizes() {
    return sizes;
  }

  /** How much of their timeouts requests need is recorded from now on. */
  public void recordBudgets() {
    budgets = new TimeoutBudgets(scope, shard);
  }

  /** Null when nobody asks for them. */
  public @Nullable TimeoutBudgets budgets() {
    return budgets;
  }

  /** What a codec of HTTP/2 counts; made when there is one. */
  public Http2Stats http2() {
    Http2Stats known = http2;
    if (known == null) {
      known = new Http2Stats(scope.scope("http2"), shard);
      http2 = known;
    }
    return known;
  }

  /** Requests that are under way by HTTP/3; made when there is one. */
  public Cell http3StreamsActive() {
    Cell known = http3StreamsActive;
    if (known == null) {
      known = scope.scope("http3").gauge("streams_active").at(shard);
      http3StreamsActive = known;
    }
    return known;
  }

  /** What HTTP/3 counts of what is rare, below {@code http3}. */
  public Cell http3(String name) {
    return scope.scope("http3").counter(name).at(shard);
  }

  // Most workers never race for most clusters.
  private void count(RaceReport race) {
    if (raceStats == null) {
      raceStats = new RaceStats(scope.scope("connect"), shard);
    }
    raceStats.onRace(race);
  }

  private Cell counter(String name) {
    return scope.counter(name).at(shard);
  }

  private Cell gauge(String name) {
    return scope.gauge(name).at(shard);
  }
}
