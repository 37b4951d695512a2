package io.bifocal.dataplane.cluster;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.TrackClusterStats;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.BindConfig;
import io.envoyproxy.envoy.config.core.v3.ExtraSourceAddress;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http3ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.QuicProtocolOptions;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.subset.v3.Subset;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig;

/** What a cluster and its assignment may carry. */
final class ClusterFields {
  private static final String NO_HEALTH_CHECKS =
      "health checks are not done yet: hosts count as healthy unless EDS says otherwise";
  static final SupportedFields CLUSTER =
      SupportedFields.of(Cluster.getDescriptor())
          .supports(
              "name",
              "alt_stat_name",
              "type",
              "eds_cluster_config",
              "load_assignment",
              "connect_timeout",
              "per_connection_buffer_limit_bytes",
              "lb_policy",
              "load_balancing_policy",
              "lb_subset_config",
              "original_dst_lb_config",
              "cleanup_interval",
              "round_robin_lb_config",
              "least_request_lb_config",
              "ring_hash_lb_config",
              "maglev_lb_config",
              "circuit_breakers",
              "common_http_protocol_options",
              "max_requests_per_connection",
              "typed_extension_protocol_options",
              "upstream_bind_config",
              "upstream_connection_options",
              "common_lb_config",
              "metadata",
              "transport_socket",
              "transport_socket_matches",
              "cluster_type",
              "http2_protocol_options")
          .ignores(
              "load is reported to the bootstrap's load_stats_config",
              "lrs_server",
              "lrs_report_endpoint_metrics")
          .supports("upstream_http_protocol_options")
          .ignores(NO_HEALTH_CHECKS, "health_checks")
          .ignores("hosts are not ejected yet", "outlier_detection")
          .supports(
              "dns_lookup_family",
              "dns_refresh_rate",
              "dns_failure_refresh_rate",
              "respect_dns_ttl",
              "dns_jitter",
              "dns_resolvers",
              "use_tcp_for_dns_lookups",
              "dns_resolution_config",
              "typed_dns_resolver_config",
              "wait_for_warm_on_init")
          .supports("http_protocol_options", "protocol_selection")
          .supports("preconnect_policy")
          .supports("track_timeout_budgets", "track_cluster_stats")
          .ignores(
              "connections of a host that turned unhealthy end when they are idle",
              "close_connections_on_host_health_failure")
          .ignores("a removed host is removed at once", "ignore_health_on_host_removal")
          .supports("connection_pool_per_downstream_connection");

  static final SupportedFields ORIGINAL_DST =
      SupportedFields.of(Cluster.OriginalDstLbConfig.getDescriptor())
          .supports(
              "use_http_header", "http_header_name", "upstream_port_override", "metadata_key");

  static final SupportedFields TRACKED =
      SupportedFields.of(TrackClusterStats.getDescriptor())
          .supports("timeout_budgets", "request_response_sizes", "per_endpoint_stats");

  static final SupportedFields SOCKET_MATCH =
      SupportedFields.of(Cluster.TransportSocketMatch.getDescriptor())
          .supports("name", "match", "transport_socket");

  static final SupportedFields DNS_CLUSTER =
      SupportedFields.of(DnsCluster.getDescriptor())
          .supports(
              "dns_refresh_rate",
              "dns_failure_refresh_rate",
              "typed_dns_resolver_config",
              "dns_lookup_family",
              "respect_dns_ttl",
              "dns_jitter",
              "all_addresses_in_single_endpoint");

  static final SupportedFields COMMON_LB =
      SupportedFields.of(Cluster.CommonLbConfig.getDescriptor())
          .supports(
              "healthy_panic_threshold", "zone_aware_lb_config", "locality_weighted_lb_config")
          .ignores("updates are not merged", "update_merge_window")
          .ignores("new hosts are used at once", "ignore_new_hosts_until_first_hc")
          .supports("close_connections_on_host_set_change")
          .supports("consistent_hashing_lb_config")
          .ignores("EDS health counts as it is mapped by default", "override_host_status");

  static final SupportedFields ROUND_ROBIN =
      SupportedFields.of(RoundRobin.getDescriptor())
          .supports("slow_start_config", "locality_lb_config");

  static final SupportedFields BY_REPORTS =
      SupportedFields.of(ClientSideWeightedRoundRobin.getDescriptor())
          .supports(
              "blackout_period",
              "weight_expiration_period",
              "weight_update_period",
              "error_utilization_penalty",
              "metric_names_for_computing_utilization")
          .ignores(
              "hosts report with their answers", "enable_oob_load_report", "oob_reporting_period");

  static final SupportedFields WRR_LOCALITY =
      SupportedFields.of(WrrLocality.getDescriptor()).supports("endpoint_picking_policy");

  static final SupportedFields RANDOM =
      SupportedFields.of(Random.getDescriptor()).supports("locality_lb_config");

  static final SupportedFields ZONE_AWARE =
      SupportedFields.of(Cluster.CommonLbConfig.ZoneAwareLbConfig.getDescriptor())
          .supports("routing_enabled", "min_cluster_size", "fail_traffic_on_panic");

  static final SupportedFields TYPED_ZONE_AWARE =
      SupportedFields.of(LocalityLbConfig.ZoneAwareLbConfig.getDescriptor())
          .supports(
              "routing_enabled",
              "min_cluster_size",
              "fail_traffic_on_panic",
              "force_locality_direct_routing");

  static final SupportedFields SUBSETS =
      SupportedFields.of(Cluster.LbSubsetConfig.getDescriptor())
          .supports(
              "fallback_policy",
              "default_subset",
              "subset_selectors",
              "locality_weight_aware",
              "scale_locality_weight",
              "panic_mode_any",
              "list_as_any",
              "metadata_fallback_policy");

  static final SupportedFields SELECTOR =
      SupportedFields.of(Cluster.LbSubsetConfig.LbSubsetSelector.getDescriptor())
          .supports("keys", "fallback_policy", "fallback_keys_subset", "single_host_per_subset");

  static final SupportedFields TYPED_SUBSETS =
      SupportedFields.of(Subset.getDescriptor())
          .supports(
              "fallback_policy",
              "default_subset",
              "subset_selectors",
              "allow_redundant_keys",
              "locality_weight_aware",
              "scale_locality_weight",
              "panic_mode_any",
              "list_as_any",
              "metadata_fallback_policy",
              "subset_lb_policy");

  static final SupportedFields TYPED_SELECTOR =
      SupportedFields.of(Subset.LbSubsetSelector.getDescriptor())
          .supports("keys", "fallback_policy", "fallback_keys_subset", "single_host_per_subset");

  static final SupportedFields RING_HASH =
      SupportedFields.of(RingHash.getDescriptor())
          .supports(
              "hash_function",
              "minimum_ring_size",
              "maximum_ring_size",
              "use_hostname_for_hashing",
              "hash_balance_factor",
              "consistent_hashing_lb_config",
              "locality_weighted_lb_config");

  static final SupportedFields MAGLEV =
      SupportedFields.of(Maglev.getDescriptor())
          .supports("table_size", "consistent_hashing_lb_config", "locality_weighted_lb_config");

  static final SupportedFields LEAST_REQUEST =
      SupportedFields.of(LeastRequest.getDescriptor())
          .supports(
              "choice_count",
              "slow_start_config",
              "locality_lb_config",
              "active_request_bias",
              "enable_full_scan",
              "selection_method");

  static final SupportedFields CONNECTION_OPTIONS =
      SupportedFields.of(UpstreamConnectionOptions.getDescriptor())
          .supports("happy_eyeballs_config", "tcp_keepalive")
          .ignores(
              "it concerns statistics of dumps only",
              "set_local_interface_name_on_upstream_connections");

  static final SupportedFields BIND =
      SupportedFields.of(BindConfig.getDescriptor())
          .supports(
              "source_address",
              "extra_source_addresses",
              "additional_source_addresses",
              "freebind");

  static final SupportedFields EXTRA_SOURCE =
      SupportedFields.of(ExtraSourceAddress.getDescriptor()).supports("address");

  static final SupportedFields HTTP_OPTIONS =
      SupportedFields.of(HttpProtocolOptions.getDescriptor())
          .supports(
              "idle_timeout",
              "max_requests_per_connection",
              "max_connection_duration",
              "max_stream_duration",
              "max_headers_count",
              "max_response_headers_kb")
          .ignores("it concerns requests from clients only", "headers_with_underscores_action");

  static final SupportedFields TYPED_HTTP_OPTIONS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.getDescriptor())
          .supports(
              "common_http_protocol_options",
              "explicit_http_config",
              "use_downstream_protocol_config",
              "auto_config",
              "http_filters",
              "upstream_http_protocol_options")
          .ignores("headers are checked by the codec", "header_validation_config");

  static final SupportedFields AUTO_HTTP =
      SupportedFields.of(AutoHttpConfig.getDescriptor())
          .supports(
              "http_protocol_options",
              "http2_protocol_options",
              "http3_protocol_options",
              "alternate_protocols_cache_options");

  private static final String OF_REQUESTS = "it is about requests from clients";

  static final SupportedFields HTTP1 =
      SupportedFields.of(Http1ProtocolOptions.getDescriptor())
          .supports(
              "header_key_format",
              "enable_trailers",
              "allow_chunked_length",
              "send_fully_qualified_url")
          .ignores(
              OF_REQUESTS,
              "allow_absolute_url",
              "accept_http_10",
              "default_host_for_http_10",
              "override_stream_error_on_invalid_http_message",
              "ignore_http_11_upgrade",
              "allow_custom_methods")
          .ignores("there is one parser", "use_balsa_parser");

  static final SupportedFields HTTP2 =
      SupportedFields.of(Http2ProtocolOptions.getDescriptor())
          .supports(
              "hpack_table_size",
              "max_concurrent_streams",
              "initial_stream_window_size",
              "initial_connection_window_size",
              "max_outbound_control_frames",
              "max_consecutive_inbound_frames_with_empty_payload",
              "stream_error_on_invalid_http_messaging",
              "override_stream_error_on_invalid_http_message",
              "connection_keepalive")
          .ignores("no request of an upgrade goes upstream", "allow_connect")
          .ignores(
              "METADATA frames are neither sent nor read", "allow_metadata", "max_metadata_size")
          .ignores(
              "what waits to be sent is bounded by per_connection_buffer_limit_bytes",
              "max_outbound_frames")
          .ignores(
              "frames that change nothing are answered by nothing, and cost a peer as much",
              "max_inbound_priority_frames_per_stream",
              "max_inbound_window_update_frames_per_data_frame_sent")
          .ignores("the peer is told the settings that have names", "custom_settings_parameters")
          .ignores("there is one codec", "use_oghttp2_codec");

  static final SupportedFields HTTP3 =
      SupportedFields.of(Http3ProtocolOptions.getDescriptor())
          .supports("quic_protocol_options")
          .ignores("headers go without a dynamic table in any case", "disable_qpack")
          .ignores(
              "a malformed answer ends its stream alone",
              "override_stream_error_on_invalid_http_message")
          .ignores("no request of an upgrade goes upstream by HTTP/3", "allow_extended_connect")
          .ignores("METADATA frames are neither sent nor read", "allow_metadata");

  static final SupportedFields QUIC =
      SupportedFields.of(QuicProtocolOptions.getDescriptor())
          .supports(
              "max_concurrent_streams",
              "initial_stream_window_size",
              "initial_connection_window_size",
              "idle_network_timeout",
              "connection_keepalive")
          .ignores("a connection stays on its port", "num_timeouts_to_trigger_port_migration")
          .ignores(
              "they are tags of another library for QUIC",
              "connection_options",
              "client_connection_options")
          .ignores("packets have the library's size", "max_packet_length");

  static final SupportedFields BREAKERS =
      SupportedFields.of(CircuitBreakers.getDescriptor())
          .supports("thresholds", "per_host_thresholds");

  static final SupportedFields THRESHOLDS =
      SupportedFields.of(CircuitBreakers.Thresholds.getDescriptor())
          .supports(
              "priority",
              "max_connections",
              "max_pending_requests",
              "max_requests",
              "max_retries",
              "track_remaining",
              "retry_budget",
              "max_connection_pools");

  static final SupportedFields ASSIGNMENT =
      SupportedFields.of(ClusterLoadAssignment.getDescriptor())
          .supports("cluster_name", "endpoints", "policy")
          .ignores("endpoints are written out", "named_endpoints");

  static final SupportedFields POLICY =
      SupportedFields.of(ClusterLoadAssignment.Policy.getDescriptor())
          .supports(
              "drop_overloads",
              "overprovisioning_factor",
              "endpoint_stale_after",
              "weighted_priority_health");

  static final SupportedFields LOCALITY =
      SupportedFields.of(LocalityLbEndpoints.getDescriptor())
          .supports(
              "locality",
              "lb_endpoints",
              "priority",
              "metadata",
              "load_balancing_weight",
              "proximity")
          .refuses("collections are for clusters of type EDS", "leds_cluster_locality_config")
          .refuses("list them in lb_endpoints", "load_balancer_endpoints");

  private ClusterFields() {}
}
