package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.codec.Http1Limits;
import io.bifocal.dataplane.http.codec.ServerCodec;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ServerHeaderTransformation;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a connection manager's configuration the data path asks for, checked. Times in
 * nanoseconds, 0 for never.
 *
 * @param maxRequests on one connection; 0 for any number
 * @param hasRouter whether there is a router; without one every request is answered with 404
 */
record HttpSettings(
    String statPrefix,
    ServerCodec codec,
    long drainTimeout,
    AsciiString serverName,
    ServerHeaderTransformation serverHeader,
    long connectionIdle,
    long streamIdle,
    long requestTimeout,
    long maxConnectionDuration,
    int maxRequests,
    boolean useRemoteAddress,
    boolean skipForwardedFor,
    boolean generateRequestId,
    boolean preserveRequestId,
    boolean alwaysSetRequestId,
    boolean normalizePath,
    boolean mergeSlashes,
    boolean hasRouter,
    boolean suppressEnvoyHeaders) {
  private static final Logger log = LoggerFactory.getLogger(HttpSettings.class);

  static final String ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

  private static final SupportedFields FIELDS =
      SupportedFields.of(HttpConnectionManager.getDescriptor())
          .supports(
              "codec_type",
              "stat_prefix",
              "rds",
              "route_config",
              "scoped_routes",
              "http_filters",
              "common_http_protocol_options",
              "server_name",
              "server_header_transformation",
              "max_request_headers_kb",
              "stream_idle_timeout",
              "request_timeout",
              "access_log",
              "use_remote_address",
              "skip_xff_append",
              "generate_request_id",
              "preserve_external_request_id",
              "always_set_request_id_in_response",
              "normalize_path",
              "merge_slashes",
              "http2_protocol_options",
              "stream_error_on_invalid_http_message",
              "drain_timeout")
          .ignores("clients speak HTTP/1.1 and HTTP/2", "http3_protocol_options")
          .ignores("a client has a second to see the last answer", "delayed_close_timeout")
          .ignores(
              "a client that does not end its request's head is bounded by the idle timeouts",
              "request_headers_timeout")
          .ignores("requests are not traced", "tracing", "add_user_agent")
          .ignores("HTTP/1.1 is spoken with the defaults", "http_protocol_options")
          .ignores("no address is taken for an internal one", "internal_address_config");

  private static final SupportedFields COMMON =
      SupportedFields.of(HttpProtocolOptions.getDescriptor())
          .supports(
              "idle_timeout",
              "max_connection_duration",
              "max_headers_count",
              "max_requests_per_connection")
          .ignores("underscores in header names are passed", "headers_with_underscores_action");

  private static final SupportedFields ROUTER_FIELDS =
      SupportedFields.of(Router.getDescriptor())
          .supports("suppress_envoy_headers", "dynamic_stats")
          .ignores("requests are not traced", "start_child_span");

  static HttpSettings of(HttpConnectionManager config) throws ConfigException {
    String where = "http_connection_manager '" + config.getStatPrefix() + "'";
    FIELDS.check(config, where).forEach(log::warn);
    HttpProtocolOptions common = config.getCommonHttpProtocolOptions();
    COMMON.check(common, where + ".common_http_protocol_options").forEach(log::warn);
    Router router = router(config, where);
    int maxHeaders = common.hasMaxHeadersCount() ? common.getMaxHeadersCount().getValue() : 100;
    int headerKb =
        config.hasMaxRequestHeadersKb() ? config.getMaxRequestHeadersKb().getValue() : 60;
    List<String> warnings = new ArrayList<>();
    ServerCodec codec =
        ServerCodecReader.read(
            config, new Http1Limits(headerKb * 1024, maxHeaders), where, warnings);
    warnings.forEach(log::warn);
    return new HttpSettings(
        config.getStatPrefix(),
        codec,
        nanos(config.hasDrainTimeout(), config.getDrainTimeout(), Duration.ofSeconds(5)),
        new AsciiString(config.getServerName().isEmpty() ? "envoy" : config.getServerName()),
        config.getServerHeaderTransformation(),
        nanos(common.hasIdleTimeout(), common.getIdleTimeout(), Duration.ofHours(1)),
        nanos(config.hasStreamIdleTimeout(), config.getStreamIdleTimeout(), Duration.ofMinutes(5)),
        nanos(config.hasRequestTimeout(), config.getRequestTimeout(), Duration.ZERO),
        nanos(common.hasMaxConnectionDuration(), common.getMaxConnectionDuration(), Duration.ZERO),
        common.getMaxRequestsPerConnection().getValue(),
        config.hasUseRemoteAddress() && config.getUseRemoteAddress().getValue(),
        config.getSkipXffAppend(),
        !config.hasGenerateRequestId() || config.getGenerateRequestId().getValue(),
        config.getPreserveExternalRequestId(),
        config.getAlwaysSetRequestIdInResponse(),
        config.getNormalizePath().getValue(),
        config.getMergeSlashes(),
        router != null,
        router != null && router.getSuppressEnvoyHeaders());
  }

  private static long nanos(boolean set, com.google.protobuf.Duration value, Duration otherwise) {
    return (set ? JavaDuration.of(value) : otherwise).toNanos();
  }

  private static @org.jspecify.annotations.Nullable Router router(
      HttpConnectionManager config, String where) throws ConfigException {
    Router router = null;
    int count = config.getHttpFiltersCount();
    for (int i = 0; i < count; i++) {
      HttpFilter filter = config.getHttpFilters(i);
      if (!filter.getTypedConfig().getTypeUrl().equals(ROUTER)) {
        continue; // the chain's reader sees to it
      }
      if (i != count - 1) {
        throw new ConfigException(
            ("Error: terminal filter named %s of type envoy.filters.http.router must be the last"
                    + " filter in a http filter chain.")
                .formatted(filter.getName()));
      }
      if (filter.getDisabled()) {
        throw new ConfigException(
            "Error: the last (terminal) filter (%s) in the chain cannot be disabled by default."
                .formatted(filter.getName()));
      }
      router = Unpack.as(Router.getDefaultInstance(), filter.getTypedConfig());
      ROUTER_FIELDS
          .check(router, where + ".http_filters '" + filter.getName() + "'")
          .forEach(log::warn);
    }
    return router;
  }
}
