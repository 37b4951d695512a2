package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.stream.ResponseFlag;

/** What is answered when the upstream gives no answer, in Envoy's words. */
final class UpstreamErrors {
  static final LocalReply NO_HEALTHY_UPSTREAM =
      new LocalReply(
          503, "no healthy upstream", ResponseFlag.NO_HEALTHY_UPSTREAM, "no_healthy_upstream");

  /** The route's timeout. */
  static final LocalReply RESPONSE_TIMEOUT = timeout("response_timeout");

  static final LocalReply PER_TRY_TIMEOUT = timeout("upstream_per_try_timeout");

  private UpstreamErrors() {}

  private static LocalReply timeout(String details) {
    return new LocalReply(
        504, "upstream request timeout", ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, details);
  }

  /** A circuit breaker is open. */
  static LocalReply overflow(int attempts) {
    return reset(503, "overflow", "", ResponseFlag.UPSTREAM_OVERFLOW, attempts);
  }

  /** There was no connection to be had, and not because of a circuit breaker. */
  static LocalReply noConnection(PoolFailure failure, int attempts) {
    String reason =
        switch (failure.reason()) {
          case TIMEOUT -> "connection timeout";
          case LOCAL_CONNECTION_FAILURE -> "local connection failure";
          default -> "remote connection failure";
        };
    return reset(503, reason, failure.detail(), ResponseFlag.UPSTREAM_CONNECTION_FAILURE, attempts);
  }

  /** The connection broke before the answer began. */
  static LocalReply noResponse(ResetReason reason, int attempts) {
    return reason == ResetReason.PROTOCOL_ERROR
        ? reset(502, "protocol error", "", flag(reason), attempts)
        : reset(503, "connection termination", "", flag(reason), attempts);
  }

  private static LocalReply reset(
      int status, String reason, String detail, ResponseFlag flag, int attempts) {
    String text =
        attempts > 1
            ? "upstream connect error or disconnect/reset before headers. retried and the latest"
                + " reset reason: "
            : "upstream connect error or disconnect/reset before headers. reset reason: ";
    String details = detail.isEmpty() ? reason : reason + "|" + detail;
    return new LocalReply(
        status,
        text + reason,
        flag,
        "upstream_reset_before_response_started{" + details.replace(' ', '_') + "}");
  }

  /** The details of an answer that broke off. */
  static String brokenOff(ResetReason reason) {
    return reason == ResetReason.PROTOCOL_ERROR
        ? "upstream_reset_after_response_started{protocol_error}"
        : "upstream_reset_after_response_started{connection_termination}";
  }

  static ResponseFlag flag(ResetReason reason) {
    return reason == ResetReason.PROTOCOL_ERROR
        ? ResponseFlag.UPSTREAM_PROTOCOL_ERROR
        : ResponseFlag.UPSTREAM_CONNECTION_TERMINATION;
  }
}
