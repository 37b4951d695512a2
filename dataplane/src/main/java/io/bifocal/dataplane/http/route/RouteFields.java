package io.bifocal.dataplane.http.route;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which fields of a route configuration are obeyed, and which may safely be left out. */
final class RouteFields {
  private static final Logger log = LoggerFactory.getLogger(RouteFields.class);
  private static final String NO_OBSERVER = "it changes what is recorded, not where requests go";

  private static final String NOT_BY_ENVOY = "nor does Envoy obey it";

  static final SupportedFields CONFIGURATION =
      SupportedFields.of(RouteConfiguration.getDescriptor())
          .supports(
              "name",
              "virtual_hosts",
              "vhds",
              "internal_only_headers",
              "response_headers_to_add",
              "response_headers_to_remove",
              "request_headers_to_add",
              "request_headers_to_remove",
              "most_specific_header_mutations_wins",
              "validate_clusters",
              "max_direct_response_body_size_bytes",
              "request_mirror_policies",
              "ignore_port_in_host_matching",
              "ignore_path_parameters_in_path_matching",
              "typed_per_filter_config")
          .ignores(
              "there are none; one that is not optional is refused", "cluster_specifier_plugins")
          .ignores(NO_OBSERVER, "metadata");

  static final SupportedFields VIRTUAL_HOST =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.VirtualHost.getDescriptor())
          .supports(
              "name",
              "domains",
              "routes",
              "matcher",
              "virtual_clusters",
              "require_tls",
              "request_headers_to_add",
              "request_headers_to_remove",
              "response_headers_to_add",
              "response_headers_to_remove",
              "typed_per_filter_config",
              "include_request_attempt_count",
              "include_attempt_count_in_response",
              "include_is_timeout_retry_header",
              "retry_policy",
              "hedge_policy",
              "request_mirror_policies",
              "per_request_buffer_limit_bytes",
              "rate_limits",
              "cors",
              "metadata")
          .ignores(NOT_BY_ENVOY, "retry_policy_typed_config");

  static final SupportedFields ROUTE =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.Route.getDescriptor())
          .supports(
              "name",
              "metadata",
              "match",
              "route",
              "redirect",
              "direct_response",
              "stat_prefix",
              "filter_action",
              "non_forwarding_action",
              "request_headers_to_add",
              "request_headers_to_remove",
              "response_headers_to_add",
              "response_headers_to_remove",
              "typed_per_filter_config",
              "per_request_buffer_limit_bytes")
          .ignores(NO_OBSERVER, "decorator", "tracing");

  static final SupportedFields MATCH =
      SupportedFields.of(RouteMatch.getDescriptor())
          .supports(
              "prefix",
              "path",
              "safe_regex",
              "connect_matcher",
              "path_separated_prefix",
              "path_match_policy",
              "case_sensitive",
              "runtime_fraction",
              "headers",
              "query_parameters",
              "grpc",
              "tls_context",
              "dynamic_metadata",
              "filter_state");

  static final SupportedFields ACTION =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.RouteAction.getDescriptor())
          .supports(
              "cluster",
              "cluster_header",
              "weighted_clusters",
              "cluster_not_found_response_code",
              "prefix_rewrite",
              "regex_rewrite",
              "path_rewrite_policy",
              "host_rewrite_literal",
              "auto_host_rewrite",
              "host_rewrite_header",
              "host_rewrite_path_regex",
              "append_x_forwarded_host",
              "timeout",
              "idle_timeout",
              "retry_policy",
              "request_mirror_policies",
              "priority",
              "hash_policy",
              "max_grpc_timeout",
              "grpc_timeout_offset",
              "internal_redirect_policy",
              "internal_redirect_action",
              "max_internal_redirects",
              "hedge_policy",
              "max_stream_duration",
              "upgrade_configs",
              "metadata_match",
              "rate_limits",
              "include_vh_rate_limits",
              "cors")
          .refuses("there is no such plugin", "cluster_specifier_plugin")
          .refuses("there is no such plugin", "inline_cluster_specifier_plugin")
          .ignores(NOT_BY_ENVOY, "retry_policy_typed_config")
          .ignores("nothing is sent before a handshake is over", "early_data_policy");

  static final SupportedFields WEIGHTED =
      SupportedFields.of(WeightedCluster.getDescriptor())
          .supports("clusters", "total_weight", "runtime_key_prefix", "header_name");

  static final SupportedFields WEIGHT =
      SupportedFields.of(WeightedCluster.ClusterWeight.getDescriptor())
          .supports(
              "name",
              "cluster_header",
              "weight",
              "request_headers_to_add",
              "request_headers_to_remove",
              "response_headers_to_add",
              "response_headers_to_remove",
              "typed_per_filter_config",
              "host_rewrite_literal",
              "metadata_match");

  static final SupportedFields DIRECT =
      SupportedFields.of(DirectResponseAction.getDescriptor()).supports("status", "body");

  static final SupportedFields REDIRECT =
      SupportedFields.of(RedirectAction.getDescriptor())
          .supports(
              "https_redirect",
              "scheme_redirect",
              "host_redirect",
              "port_redirect",
              "path_redirect",
              "prefix_rewrite",
              "regex_rewrite",
              "response_code",
              "strip_query");

  private RouteFields() {}

  /** Warns of what is left out, and throws for what cannot be. */
  static void check(SupportedFields fields, Message message, String where) throws ConfigException {
    fields.check(message, where).forEach(log::warn);
  }
}
