package io.bifocal.dataplane.http;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions;

/** What of a connection manager's configuration is obeyed. */
final class ManagerFields {
  static final SupportedFields MANAGER =
      SupportedFields.of(HttpConnectionManager.getDescriptor())
          .supports(
              "codec_type",
              "http3_protocol_options",
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
              "access_log_flush_interval",
              "flush_access_log_on_new_request",
              "access_log_options",
              "request_headers_timeout",
              "delayed_close_timeout",
              "http1_safe_max_connection_duration",
              "use_remote_address",
              "xff_num_trusted_hops",
              "skip_xff_append",
              "original_ip_detection_extensions",
              "internal_address_config",
              "early_header_mutation_extensions",
              "add_user_agent",
              "via",
              "forward_client_cert_details",
              "set_current_client_cert_details",
              "scheme_header_transformation",
              "append_x_forwarded_port",
              "append_local_overload",
              "generate_request_id",
              "preserve_external_request_id",
              "always_set_request_id_in_response",
              "request_id_extension",
              "normalize_path",
              "merge_slashes",
              "path_with_escaped_slashes_action",
              "strip_matching_host_port",
              "strip_any_host_port",
              "strip_trailing_host_dot",
              "proxy_status_config",
              "http2_protocol_options",
              "stream_error_on_invalid_http_message",
              "drain_timeout",
              "http_protocol_options",
              "proxy_100_continue",
              "upgrade_configs",
              "local_reply_config",
              "add_proxy_protocol_connection_state")
          .ignores("requests are not traced", "tracing")
          .refuses("nor does Envoy's binary have such extensions", "typed_header_validation_config")
          .ignores(
              "Envoy 1.40 was seen to give it no effect",
              "represent_ipv4_remote_address_as_ipv4_mapped_ipv6",
              "path_normalization_options");

  static final SupportedFields COMMON =
      SupportedFields.of(HttpProtocolOptions.getDescriptor())
          .supports(
              "idle_timeout",
              "max_connection_duration",
              "max_stream_duration",
              "max_headers_count",
              "max_requests_per_connection",
              "headers_with_underscores_action")
          .ignores("it is about answers, which clusters configure", "max_response_headers_kb");

  static final SupportedFields LOG_OPTIONS =
      SupportedFields.of(HcmAccessLogOptions.getDescriptor())
          .supports(
              "access_log_flush_interval",
              "flush_access_log_on_new_request",
              "flush_log_on_tunnel_successfully_established");

  static final SupportedFields ROUTER =
      SupportedFields.of(Router.getDescriptor())
          .supports(
              "suppress_envoy_headers",
              "dynamic_stats",
              "respect_expected_rq_timeout",
              "suppress_grpc_request_failure_code_stats",
              "upstream_log",
              "upstream_log_options",
              "strict_check_headers",
              "upstream_http_filters")
          .ignores("requests are not traced", "start_child_span");

  private ManagerFields() {}
}
