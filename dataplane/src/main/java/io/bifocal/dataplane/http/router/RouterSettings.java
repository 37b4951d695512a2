package io.bifocal.dataplane.http.router;

import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the router is configured. Source: {@code envoy.extensions.filters.http.router.v3.Router}.
 *
 * @param dynamicStats whether answers are counted by their codes
 * @param suppressHeaders {@code suppress_envoy_headers}
 * @param respectExpectedTimeout {@code respect_expected_rq_timeout}: whether another proxy has said
 *     already how long the request may take
 * @param suppressCallCodes {@code suppress_grpc_request_failure_code_stats}: whether answers to
 *     gRPC calls are not counted by their codes
 * @param strictHeaders {@code strict_check_headers}: those of the request that must be well formed
 * @param upstreamLogs null for none
 */
public record RouterSettings(
    boolean dynamicStats,
    boolean suppressHeaders,
    boolean respectExpectedTimeout,
    boolean suppressCallCodes,
    List<AsciiString> strictHeaders,
    @Nullable UpstreamLogs upstreamLogs) {
  public static final RouterSettings DEFAULT =
      new RouterSettings(true, false, false, false, List.of(), null);

  public RouterSettings {
    strictHeaders = List.copyOf(strictHeaders);
  }
}
