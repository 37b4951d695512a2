package io.bifocal.dataplane.http.filter.fault;

import com.google.protobuf.Struct;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.HeaderMatch;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which requests suffer what; source: {@code envoy.extensions.filters.http.fault.v3.HTTPFault}.
 *
 * @param cluster whose requests alone suffer; empty for all
 * @param nodes of downstream, likewise
 * @param maxActive how many faults there may be at one time
 * @param metadata what is told of whatever suffers
 */
record FaultSettings(
    RuntimeReader runtime,
    @Nullable Delay delay,
    @Nullable Abort abort,
    @Nullable Throughput throughput,
    String cluster,
    List<HeaderMatch> headers,
    Set<String> nodes,
    long maxActive,
    String maxActiveKey,
    boolean countsClusters,
    Struct metadata) {
  private static final AsciiString NODE = AsciiString.cached("x-envoy-downstream-service-node");
  private static final String PREFIX = "fault.http.";

  private static final SupportedFields FIELDS =
      SupportedFields.of(HTTPFault.getDescriptor())
          .supports(
              "delay",
              "abort",
              "upstream_cluster",
              "headers",
              "downstream_nodes",
              "max_active_faults",
              "response_rate_limit",
              "delay_percent_runtime",
              "abort_percent_runtime",
              "delay_duration_runtime",
              "abort_http_status_runtime",
              "max_active_faults_runtime",
              "response_rate_limit_percent_runtime",
              "abort_grpc_status_runtime",
              "disable_downstream_cluster_stats",
              "filter_metadata");

  /**
   * How long requests wait.
   *
   * @param millis 0 when the client says it
   */
  record Delay(Share share, long millis, String durationKey) {}

  /**
   * With what requests are answered.
   *
   * @param status 0 when it is a gRPC status, or the client says it
   * @param grpcStatus −1 when it is none
   * @param asked whether the client says it
   */
  record Abort(
      Share share, int status, long grpcStatus, boolean asked, String statusKey, String grpcKey) {}

  /**
   * How fast answers come.
   *
   * @param kibPerSecond 0 when the client says it
   */
  record Throughput(Share share, long kibPerSecond) {}

  FaultSettings {
    headers = List.copyOf(headers);
    nodes = Set.copyOf(nodes);
  }

  static FaultSettings of(HTTPFault config, String path, RuntimeReader runtime)
      throws ConfigException {
    FIELDS.check(config, path);
    List<HeaderMatch> headers = new ArrayList<>();
    for (HeaderMatcher header : config.getHeadersList()) {
      headers.add(HeaderMatch.of(header, path + ".headers"));
    }
    return new FaultSettings(
        runtime,
        config.hasDelay() ? delay(config) : null,
        config.hasAbort() ? abort(config) : null,
        config.hasResponseRateLimit() ? throughput(config) : null,
        config.getUpstreamCluster(),
        headers,
        Set.copyOf(config.getDownstreamNodesList()),
        config.hasMaxActiveFaults()
            ? Integer.toUnsignedLong(config.getMaxActiveFaults().getValue())
            : Long.MAX_VALUE,
        key(config.getMaxActiveFaultsRuntime(), "max_active_faults"),
        !config.getDisableDownstreamClusterStats(),
        config.getFilterMetadata());
  }

  private static String key(String configured, String otherwise) {
    return configured.isEmpty() ? PREFIX + otherwise : configured;
  }

  private static Delay delay(HTTPFault config) {
    FaultDelay delay = config.getDelay();
    boolean asked = delay.hasHeaderDelay();
    Share share =
        Share.of(
            config.getDelayPercentRuntime(),
            PREFIX + "delay.fixed_delay_percent",
            delay.getPercentage(),
            asked ? AsciiString.cached("x-envoy-fault-delay-request-percentage") : null);
    return new Delay(
        share,
        asked ? 0 : Durations.toMillis(delay.getFixedDelay()),
        key(config.getDelayDurationRuntime(), "delay.fixed_duration_ms"));
  }

  private static Abort abort(HTTPFault config) {
    FaultAbort abort = config.getAbort();
    boolean asked = abort.hasHeaderAbort();
    Share share =
        Share.of(
            config.getAbortPercentRuntime(),
            PREFIX + "abort.abort_percent",
            abort.getPercentage(),
            asked ? AsciiString.cached("x-envoy-fault-abort-request-percentage") : null);
    return new Abort(
        share,
        abort.getHttpStatus(),
        abort.hasGrpcStatus() ? Integer.toUnsignedLong(abort.getGrpcStatus()) : -1,
        asked,
        key(config.getAbortHttpStatusRuntime(), "abort.http_status"),
        key(config.getAbortGrpcStatusRuntime(), "abort.grpc_status"));
  }

  private static Throughput throughput(HTTPFault config) {
    FaultRateLimit limit = config.getResponseRateLimit();
    boolean asked = limit.hasHeaderLimit();
    Share share =
        Share.of(
            config.getResponseRateLimitPercentRuntime(),
            PREFIX + "rate_limit.response_percent",
            limit.getPercentage(),
            asked ? AsciiString.cached("x-envoy-fault-throughput-response-percentage") : null);
    return new Throughput(share, asked ? 0 : limit.getFixedLimit().getLimitKbps());
  }

  /** Whether a request to {@code chosen} may suffer at all. */
  boolean concerns(RequestHead head, String chosen) {
    if (!cluster.isEmpty() && !cluster.equals(chosen)) {
      return false;
    }
    if (!nodes.isEmpty() && !nodes.contains(head.headers.get(NODE, ""))) {
      return false;
    }
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.get(i).matches(head)) {
        return false;
      }
    }
    return true;
  }
}
