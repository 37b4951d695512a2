package io.bifocal.dataplane.expression;

import io.bifocal.dataplane.stream.GrpcStatus;
import io.bifocal.dataplane.stream.HeaderBytes;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import java.time.Duration;

/** {@code response.…}. */
final class ResponseAttributes {
  private ResponseAttributes() {}

  static Attributes.Table table() {
    return new Attributes.Table()
        .put("code", s -> s.responseCode == 0 ? null : (long) s.responseCode)
        .put("code_details", s -> s.responseCodeDetails.isEmpty() ? null : s.responseCodeDetails)
        .put("flags", ResponseAttributes::flags)
        .put(
            "grpc_status",
            s -> s.requestHeaders == null || s.responseCode == 0 ? null : GrpcStatus.numberOf(s))
        .put("headers", Headers::ofResponse)
        .put("trailers", s -> Headers.of(s.responseTrailers))
        .put("size", s -> s.bytesSent)
        .put("headers_bytes", HeaderBytes::ofResponse)
        .put("total_size", s -> s.bytesSent + HeaderBytes.ofResponse(s) + HeaderBytes.ofTrailers(s))
        .put(
            "backend_latency",
            s ->
                s.requestHeaders == null || s.firstUpstreamTxNanos < 0 || s.lastUpstreamRxNanos < 0
                    ? null
                    : Duration.ofNanos(s.lastUpstreamRxNanos - s.firstUpstreamTxNanos));
  }

  private static Object flags(StreamInfo stream) {
    long bits = 0;
    for (ResponseFlag flag : stream.flags()) {
      bits |= bit(flag);
    }
    return bits;
  }

  /** Envoy's numbers. */
  private static long bit(ResponseFlag flag) {
    return switch (flag) {
      case FAILED_LOCAL_HEALTH_CHECK -> 0x1;
      case NO_HEALTHY_UPSTREAM -> 0x2;
      case UPSTREAM_REQUEST_TIMEOUT -> 0x4;
      case LOCAL_RESET -> 0x8;
      case UPSTREAM_REMOTE_RESET -> 0x10;
      case UPSTREAM_CONNECTION_FAILURE -> 0x20;
      case UPSTREAM_CONNECTION_TERMINATION -> 0x40;
      case UPSTREAM_OVERFLOW -> 0x80;
      case NO_ROUTE_FOUND -> 0x100;
      case DELAY_INJECTED -> 0x200;
      case FAULT_INJECTED -> 0x400;
      case RATE_LIMITED -> 0x800;
      case DOWNSTREAM_CONNECTION_TERMINATION -> 0x4000;
      case UPSTREAM_RETRY_LIMIT_EXCEEDED -> 0x8000;
      case STREAM_IDLE_TIMEOUT -> 0x10000;
      case INVALID_ENVOY_REQUEST_HEADERS -> 0x20000;
      case DOWNSTREAM_PROTOCOL_ERROR -> 0x40000;
      case UPSTREAM_MAX_STREAM_DURATION_REACHED -> 0x80000;
      case NO_FILTER_CONFIG_FOUND -> 0x200000;
      case DURATION_TIMEOUT -> 0x400000;
      case UPSTREAM_PROTOCOL_ERROR -> 0x800000;
      case NO_CLUSTER_FOUND -> 0x1000000;
      case OVERLOAD_MANAGER -> 0x2000000;
      case DROP_OVERLOAD -> 0x8000000;
      case DOWNSTREAM_REMOTE_RESET -> 0x10000000;
      case UNCONDITIONAL_DROP_OVERLOAD -> 0x20000000;
    };
  }
}
