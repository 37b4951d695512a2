package io.bifocal.dataplane.stream;

/** What went wrong, in Envoy's abbreviations ({@code %RESPONSE_FLAGS%}). */
public enum ResponseFlag {
  DOWNSTREAM_CONNECTION_TERMINATION("DC", "DownstreamConnectionTermination"),
  DOWNSTREAM_PROTOCOL_ERROR("DPE", "DownstreamProtocolError"),
  DOWNSTREAM_REMOTE_RESET("DR", "DownstreamRemoteReset"),
  NO_CLUSTER_FOUND("NC", "NoClusterFound"),
  NO_HEALTHY_UPSTREAM("UH", "NoHealthyUpstream"),
  NO_ROUTE_FOUND("NR", "NoRouteFound"),
  STREAM_IDLE_TIMEOUT("SI", "StreamIdleTimeout"),
  UPSTREAM_CONNECTION_FAILURE("UF", "UpstreamConnectionFailure"),
  UPSTREAM_CONNECTION_TERMINATION("UC", "UpstreamConnectionTermination"),
  UPSTREAM_OVERFLOW("UO", "UpstreamOverflow"),
  UPSTREAM_PROTOCOL_ERROR("UPE", "UpstreamProtocolError"),
  UPSTREAM_REMOTE_RESET("UR", "UpstreamRemoteReset"),
  UPSTREAM_REQUEST_TIMEOUT("UT", "UpstreamRequestTimeout"),
  UPSTREAM_RETRY_LIMIT_EXCEEDED("URX", "UpstreamRetryLimitExceeded"),
  LOCAL_RESET("LR", "LocalReset"),
  UPSTREAM_MAX_STREAM_DURATION_REACHED("UMSDR", "UpstreamMaxStreamDurationReached"),
  INVALID_ENVOY_REQUEST_HEADERS("IH", "InvalidEnvoyRequestHeaders"),
  DURATION_TIMEOUT("DT", "DurationTimeout"),
  NO_FILTER_CONFIG_FOUND("NFCF", "NoFilterConfigFound"),
  DELAY_INJECTED("DI", "DelayInjected"),
  FAULT_INJECTED("FI", "FaultInjected"),
  RATE_LIMITED("RL", "RateLimited"),
  FAILED_LOCAL_HEALTH_CHECK("LH", "FailedLocalHealthCheck"),
  OVERLOAD_MANAGER("OM", "OverloadManagerTerminated"),
  DROP_OVERLOAD("DO", "DropOverload"),
  UNCONDITIONAL_DROP_OVERLOAD("UDO", "UnconditionalDropOverload");

  private final String code;
  private final String longName;

  ResponseFlag(String code, String longName) {
    this.code = code;
    this.longName = longName;
  }

  public String code() {
    return code;
  }

  public String longName() {
    return longName;
  }
}
