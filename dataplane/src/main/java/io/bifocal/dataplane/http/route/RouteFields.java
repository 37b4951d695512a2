package io.bifocal.dataplane.http.route;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;

/** Which fields of a route configuration are obeyed, and which may safely be left out. */
final class RouteFields {
  private static final String NO_OBSERVER = "it changes what is recorded, not where requests go";

  static final SupportedFields CONFIGURATION =
      SupportedFields.of(RouteConfiguration.getDescriptor())
          .supports(
              "name",
              "virtual_hosts",
              "response_headers_to_add",
              "response_headers_to_remove",
              "request_headers_to_add",
              "request_headers_to_remove",
              "most_specific_header_mutations_wins",
              "validate_clusters",
              "max_direct_response_body_size_bytes",
              "vhds",
              "ignore_port_in_host_matching")
          .ignores(NO_OBSERVER, "metadata")
          .supports("typed_per_filter_config");

  static final SupportedFields VIRTUAL_HOST =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.VirtualHost.getDescriptor())
          .supports(
              "name",
              "domains",
              "routes",
              "request_headers_to_add",
              "request_headers_to_remove",
              "response_headers_to_add",
              "response_headers_to_remove",
              "include_request_attempt_count",
              "retry_policy")
          .ignores(NO_OBSERVER, "metadata", "virtual_clusters")
          .supports("typed_per_filter_config")
          .ignores(
              "bodies are not kept for retries beyond the connection's buffer limit",
              "per_request_buffer_limit_bytes");

  static final SupportedFields ROUTE =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.Route.getDescriptor())
          .supports(
              "name",
              "match",
              "route",
              "redirect",
              "direct_response",
              "request_headers_to_add",
              "request_headers_to_remove",
              "response_headers_to_add",
              "response_headers_to_remove")
          .ignores(NO_OBSERVER, "metadata", "decorator", "tracing", "stat_prefix")
          .supports("typed_per_filter_config")
          .ignores(
              "bodies are not kept for retries beyond the connection's buffer limit",
              "per_request_buffer_limit_bytes");

  static final SupportedFields MATCH =
      SupportedFields.of(RouteMatch.getDescriptor())
          .supports(
              "prefix",
              "path",
              "safe_regex",
              "path_separated_prefix",
              "case_sensitive",
              "runtime_fraction",
              "headers",
              "query_parameters",
              "grpc");

  static final SupportedFields ACTION =
      SupportedFields.of(io.envoyproxy.envoy.config.route.v3.RouteAction.getDescriptor())
          .supports(
              "cluster",
              "cluster_header",
              "weighted_clusters",
              "cluster_not_found_response_code",
              "prefix_rewrite",
              "regex_rewrite",
              "host_rewrite_literal",
              "auto_host_rewrite",
              "timeout",
              "idle_timeout",
              "retry_policy")
          .ignores("there is one set of circuit breakers", "priority")
          .ignores("hosts are chosen without hashing", "hash_policy")
          .ignores("the route's timeout counts", "max_grpc_timeout", "grpc_timeout_offset")
          .ignores("nothing is sent before a handshake is over", "early_data_policy");

  static final SupportedFields WEIGHTED =
      SupportedFields.of(WeightedCluster.getDescriptor())
          .supports("clusters", "total_weight")
          .ignores("runtime keys are not looked up", "runtime_key_prefix");

  static final SupportedFields WEIGHT =
      SupportedFields.of(WeightedCluster.ClusterWeight.getDescriptor())
          .supports(
              "name",
              "weight",
              "request_headers_to_add",
              "request_headers_to_remove",
              "response_headers_to_add",
              "response_headers_to_remove",
              "host_rewrite_literal");

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
              "response_code",
              "strip_query");

  private RouteFields() {}
}
