package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import org.jspecify.annotations.Nullable;

/** One worker's cells of {@code http.<stat_prefix>.*}; made once per worker and manager. */
final class HttpStats {
  final int shard;
  final Cell cxTotal;
  final Cell cxActive;
  final Cell cxSslTotal;
  final Cell cxSslActive;
  private final Cell cxHttp1Total;
  private final Cell cxHttp1Active;
  private final Cell cxHttp2Total;
  private final Cell cxHttp2Active;
  private final Cell cxHttp3Total;
  private final Cell cxHttp3Active;
  final Cell cxUpgradesTotal;
  final Cell cxUpgradesActive;
  final Cell cxDestroy;
  final Cell cxDestroyLocal;
  final Cell cxDestroyRemote;
  final Cell cxDestroyActiveRq;
  final Cell cxDestroyLocalActiveRq;
  final Cell cxDestroyRemoteActiveRq;
  final Cell cxProtocolError;
  final Cell cxIdleTimeout;
  final Cell cxMaxDuration;
  final Cell cxMaxRequests;
  final Cell cxDrainClose;
  final Cell cxOverloadDisableKeepalive;
  final Cell rqOverloadClose;
  final Cell cxRxBytes;
  final Cell cxTxBytes;
  final Cell rqTotal;
  final Cell rqActive;
  private final Cell rqHttp1Total;
  private final Cell rqHttp2Total;
  private final Cell rqHttp3Total;
  final Cell rqCompleted;
  final Cell rqRxReset;
  final Cell rqTxReset;
  final Cell rqTimeout;
  final Cell rqIdleTimeout;
  final Cell rqTooLarge;
  final Cell rqWsOnNonWs;
  final Cell rqBeforeComplete;
  final Cell rqTooManyPrematureResets;
  final @Nullable Cell[] rqByClass = new Cell[6];
  final Cell routed;
  final Cell noRoute;
  final Cell noCluster;
  final Cell directResponse;
  final Cell rqFailedNormalization;
  final Cell rqNormalizedRedirect;
  final Cell rqNonRelativePath;
  final Cell rqHeaderTimeout;
  final Cell rqMaxDuration;
  final Cell rqIpDetectionRejected;
  final Cell cxDelayedCloseTimeout;
  final Cell cxSoftDrain;
  final Cell resetAfterStart;
  final Cell redirectBadLocation;
  final Cell redirectUnsafeScheme;
  final Cell redirectTooMany;
  final Cell redirectNoRoute;
  final Cell redirectPredicate;
  final Histogram cxLength;
  final Histogram rqTime;
  private final Scope scope;

  private final Cell listenerCompleted;
  private final @Nullable Cell[] listenerByClass = new Cell[6];

  HttpStats(Scope scope, Scope listener, int shard) {
    this.scope = scope;
    this.shard = shard;
    cxTotal = counter("downstream_cx_total");
    cxActive = gauge("downstream_cx_active");
    cxSslTotal = counter("downstream_cx_ssl_total");
    cxSslActive = gauge("downstream_cx_ssl_active");
    cxHttp1Total = counter("downstream_cx_http1_total");
    cxHttp1Active = gauge("downstream_cx_http1_active");
    cxHttp2Total = counter("downstream_cx_http2_total");
    cxHttp2Active = gauge("downstream_cx_http2_active");
    cxHttp3Total = counter("downstream_cx_http3_total");
    cxHttp3Active = gauge("downstream_cx_http3_active");
    cxUpgradesTotal = counter("downstream_cx_upgrades_total");
    cxUpgradesActive = gauge("downstream_cx_upgrades_active");
    cxDestroy = counter("downstream_cx_destroy");
    cxDestroyLocal = counter("downstream_cx_destroy_local");
    cxDestroyRemote = counter("downstream_cx_destroy_remote");
    cxDestroyActiveRq = counter("downstream_cx_destroy_active_rq");
    cxDestroyLocalActiveRq = counter("downstream_cx_destroy_local_active_rq");
    cxDestroyRemoteActiveRq = counter("downstream_cx_destroy_remote_active_rq");
    cxProtocolError = counter("downstream_cx_protocol_error");
    cxIdleTimeout = counter("downstream_cx_idle_timeout");
    cxMaxDuration = counter("downstream_cx_max_duration_reached");
    cxMaxRequests = counter("downstream_cx_max_requests_reached");
    cxDrainClose = counter("downstream_cx_drain_close");
    cxOverloadDisableKeepalive = counter("downstream_cx_overload_disable_keepalive");
    rqOverloadClose = counter("downstream_rq_overload_close");
    cxRxBytes = counter("downstream_cx_rx_bytes_total");
    cxTxBytes = counter("downstream_cx_tx_bytes_total");
    rqTotal = counter("downstream_rq_total");
    rqActive = gauge("downstream_rq_active");
    rqHttp1Total = counter("downstream_rq_http1_total");
    rqHttp2Total = counter("downstream_rq_http2_total");
    rqHttp3Total = counter("downstream_rq_http3_total");
    rqCompleted = counter("downstream_rq_completed");
    rqRxReset = counter("downstream_rq_rx_reset");
    rqTxReset = counter("downstream_rq_tx_reset");
    rqTimeout = counter("downstream_rq_timeout");
    rqIdleTimeout = counter("downstream_rq_idle_timeout");
    rqTooLarge = counter("downstream_rq_too_large");
    rqWsOnNonWs = counter("downstream_rq_ws_on_non_ws_route");
    rqBeforeComplete = counter("downstream_rq_response_before_rq_complete");
    rqTooManyPrematureResets = counter("downstream_rq_too_many_premature_resets");
    for (int i = 1; i < rqByClass.length; i++) {
      rqByClass[i] = counter("downstream_rq_" + i + "xx");
    }
    routed = counter("rq_total");
    noRoute = counter("no_route");
    noCluster = counter("no_cluster");
    directResponse = counter("rq_direct_response");
    rqFailedNormalization = counter("downstream_rq_failed_path_normalization");
    rqNormalizedRedirect = counter("downstream_rq_redirected_with_normalized_path");
    rqHeaderTimeout = counter("downstream_rq_header_timeout");
    rqMaxDuration = counter("downstream_rq_max_duration_reached");
    rqIpDetectionRejected = counter("downstream_rq_rejected_via_ip_detection");
    cxDelayedCloseTimeout = counter("downstream_cx_delayed_close_timeout");
    cxSoftDrain = gauge("downstream_cx_http1_soft_drain");
    rqNonRelativePath = counter("downstream_rq_non_relative_path");
    resetAfterStart = counter("rq_reset_after_downstream_response_started");
    redirectBadLocation = counter("passthrough_internal_redirect_bad_location");
    redirectUnsafeScheme = counter("passthrough_internal_redirect_unsafe_scheme");
    redirectTooMany = counter("passthrough_internal_redirect_too_many_redirects");
    redirectNoRoute = counter("passthrough_internal_redirect_no_route");
    redirectPredicate = counter("passthrough_internal_redirect_predicate");
    listenerCompleted = listener.counter("downstream_rq_completed").at(shard);
    for (int i = 1; i < listenerByClass.length; i++) {
      listenerByClass[i] = listener.counter("downstream_rq_" + i + "xx").at(shard);
    }
    cxLength = scope.histogram("downstream_cx_length_ms", Histogram.Unit.MILLISECONDS);
    rqTime = scope.histogram("downstream_rq_time", Histogram.Unit.MILLISECONDS);
  }

  /** The scope {@code http.<prefix>.} below {@code parent}. */
  static Scope scope(Scope parent, String prefix) {
    return parent.tagged("http", "envoy.http_conn_manager_prefix", prefix);
  }

  Cell cxTotal(Protocol protocol) {
    return switch (protocol) {
      case HTTP_1_0, HTTP_1_1 -> cxHttp1Total;
      case HTTP_2 -> cxHttp2Total;
      case HTTP_3 -> cxHttp3Total;
    };
  }

  Cell cxActive(Protocol protocol) {
    return switch (protocol) {
      case HTTP_1_0, HTTP_1_1 -> cxHttp1Active;
      case HTTP_2 -> cxHttp2Active;
      case HTTP_3 -> cxHttp3Active;
    };
  }

  Cell rqTotal(Protocol protocol) {
    return switch (protocol) {
      case HTTP_1_0, HTTP_1_1 -> rqHttp1Total;
      case HTTP_2 -> rqHttp2Total;
      case HTTP_3 -> rqHttp3Total;
    };
  }

  void refused(Refusal refusal) {
    switch (refusal) {
      case NO_SUCH_PATH -> rqFailedNormalization.inc();
      case NON_RELATIVE_PATH -> rqNonRelativePath.inc();
      case UPGRADE -> rqWsOnNonWs.inc();
      case ESCAPED_SLASHES -> rqNormalizedRedirect.inc();
      case MISSING_HOST -> {}
    }
  }

  void answered(int status) {
    rqCompleted.inc();
    listenerCompleted.inc();
    int kind = status / 100;
    if (kind < rqByClass.length) {
      inc(rqByClass[kind]);
      inc(listenerByClass[kind]);
    }
  }

  private static void inc(@Nullable Cell cell) {
    if (cell != null) {
      cell.inc();
    }
  }

  private Cell counter(String name) {
    return scope.counter(name).at(shard);
  }

  private Cell gauge(String name) {
    return scope.gauge(name).at(shard);
  }
}
