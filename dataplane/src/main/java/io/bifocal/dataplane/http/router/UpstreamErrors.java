package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.codec.ResetReason;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.util.AsciiString;

/** What is answered when the upstream gives no answer, in Envoy's words. */
final class UpstreamErrors {
  static final LocalReply NO_HEALTHY_UPSTREAM =
      new LocalReply(
          503, "no healthy upstream", ResponseFlag.NO_HEALTHY_UPSTREAM, "no_healthy_upstream");

  /** The runtime has it that the cluster gets no requests now. */
  static final LocalReply MAINTENANCE =
      new LocalReply(503, "maintenance mode", ResponseFlag.UPSTREAM_OVERFLOW, "maintenance_mode");

  private static final LocalReply DROP =
      new LocalReply(503, "drop overload", ResponseFlag.DROP_OVERLOAD, "drop_overload");

  private static final LocalReply DROP_ALL =
      new LocalReply(
          503,
          "unconditional drop overload",
          ResponseFlag.UNCONDITIONAL_DROP_OVERLOAD,
          "unconditional_drop_overload");

  /** The body outgrew what is kept of it while another try waited for its time. */
  static final LocalReply TOO_LARGE_TO_RETRY =
      new LocalReply(
          507,
          "exceeded request buffer limit while retrying upstream",
          null,
          "request_payload_exceeded_retry_buffer_limit");

  /** The details of an answer that took longer than the cluster lets it. */
  static final String MAX_DURATION = "upstream_max_stream_duration_reached";

  private UpstreamErrors() {}

  /**
   * The control plane has it that requests are dropped.
   *
   * @param all whether all are
   * @param headers whether one says so
   */
  static LocalReply dropped(boolean all, boolean headers) {
    LocalReply reply = all ? DROP_ALL : DROP;
    AsciiString name = all ? EnvoyHeaders.UNCONDITIONAL_DROP_OVERLOAD : EnvoyHeaders.DROP_OVERLOAD;
    return headers ? reply.with(more -> more.set(name, "true")) : reply;
  }

  /** It took too long; a client that asked for 204 in this case gets no text. */
  static LocalReply timeout(int status, String details) {
    String text = status == 504 ? "upstream request timeout" : "";
    return new LocalReply(status, text, ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, details);
  }

  static LocalReply maxDuration(boolean requestEnded) {
    return new LocalReply(
        requestEnded ? 504 : 408,
        "upstream max stream duration reached",
        ResponseFlag.UPSTREAM_MAX_STREAM_DURATION_REACHED,
        MAX_DURATION);
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

  /** The exchange ended before the answer began. */
  static LocalReply noResponse(ResetReason reason, String detail, int attempts) {
    int status = reason == ResetReason.PROTOCOL_ERROR ? 502 : 503;
    return reset(status, text(reason), detail, flag(reason), attempts);
  }

  private static String text(ResetReason reason) {
    return switch (reason) {
      case PROTOCOL_ERROR, INCONSISTENT_LENGTH -> "protocol error";
      case CONNECTION_TERMINATION -> "connection termination";
      case REMOTE_RESET -> "remote reset";
      case REMOTE_REFUSED_STREAM_RESET -> "remote refused stream reset";
      case REMOTE_CONNECT_ERROR -> "remote error with CONNECT request";
      case LOCAL_RESET -> "local reset";
      case OVERLOAD_MANAGER -> "overload manager reset";
    };
  }

  private static LocalReply reset(
      int status, String reason, String detail, ResponseFlag flag, int attempts) {
    String text =
        attempts > 1
            ? "upstream connect error or disconnect/reset before headers. retried and the latest"
                + " reset reason: "
            : "upstream connect error or disconnect/reset before headers. reset reason: ";
    return new LocalReply(
        status,
        text + reason,
        flag,
        "upstream_reset_before_response_started{" + details(reason, detail) + "}");
  }

  /** The details of an answer that broke off. */
  static String brokenOff(ResetReason reason, String detail) {
    return "upstream_reset_after_response_started{" + details(text(reason), detail) + "}";
  }

  private static String details(String reason, String detail) {
    return (detail.isEmpty() ? reason : reason + "|" + detail).replace(' ', '_');
  }

  static ResponseFlag flag(ResetReason reason) {
    return switch (reason) {
      case PROTOCOL_ERROR, INCONSISTENT_LENGTH -> ResponseFlag.UPSTREAM_PROTOCOL_ERROR;
      case CONNECTION_TERMINATION -> ResponseFlag.UPSTREAM_CONNECTION_TERMINATION;
      case LOCAL_RESET -> ResponseFlag.LOCAL_RESET;
      default -> ResponseFlag.UPSTREAM_REMOTE_RESET;
    };
  }
}
