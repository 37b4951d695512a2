package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.filter.FilterChain;
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
 * @param upstreamFilters what tries meet that go to clusters without filters of their own; null for
 *     nothing
 */
public record RouterSettings(
    boolean dynamicStats,
    boolean suppressHeaders,
    boolean respectExpectedTimeout,
    boolean suppressCallCodes,
    List<AsciiString> strictHeaders,
    @Nullable UpstreamLogs upstreamLogs,
    @Nullable FilterChain upstreamFilters)
    implements AutoCloseable {
  public static final RouterSettings DEFAULT =
      new RouterSettings(true, false, false, false, List.of(), null, null);

  public RouterSettings {
    strictHeaders = List.copyOf(strictHeaders);
  }

  /** Nobody uses the router any more; on the control loop. */
  @Override
  public void close() {
    if (upstreamFilters != null) {
      upstreamFilters.close();
    }
  }
}
