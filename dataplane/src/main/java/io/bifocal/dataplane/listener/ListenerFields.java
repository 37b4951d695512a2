package io.bifocal.dataplane.listener;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;

/** What of a listener's configuration is obeyed. */
final class ListenerFields {
  static final SupportedFields LISTENER =
      SupportedFields.of(Listener.getDescriptor())
          .supports(
              "name",
              "address",
              "additional_addresses",
              "stat_prefix",
              "filter_chains",
              "default_filter_chain",
              "per_connection_buffer_limit_bytes",
              "listener_filters",
              "enable_reuse_port",
              "tcp_backlog_size",
              "max_connections_to_accept_per_socket_event",
              "bind_to_port",
              "traffic_direction",
              "access_log",
              "filter_chain_matcher",
              "use_original_dst",
              "listener_filters_timeout",
              "continue_on_listener_filters_timeout",
              "ignore_global_conn_limit",
              "bypass_overload_manager",
              "connection_balance_config",
              "transparent",
              "freebind",
              "socket_options",
              "tcp_fast_open_queue_length",
              "udp_listener_config",
              "deprecated_v1")
          .ignores("ports are shared unless enable_reuse_port says otherwise", "reuse_port")
          .ignores("connections are plain TCP, which clients of MPTCP fall back to", "enable_mptcp")
          .ignores("nothing here reads it", "metadata")
          .ignores("a failed health check drains no connections here", "drain_type")
          .refuses("connections have sockets here", "internal_listener")
          .refuses("nobody calls it within this process", "api_listener");

  static final SupportedFields FILTER_CHAIN =
      SupportedFields.of(FilterChain.getDescriptor())
          .supports(
              "filter_chain_match",
              "filters",
              "name",
              "transport_socket",
              "transport_socket_connect_timeout",
              "use_proxy_proto")
          .ignores("nothing here reads it", "metadata");

  static final SupportedFields FILTER =
      SupportedFields.of(Filter.getDescriptor())
          .supports("name", "typed_config", "config_discovery");

  private ListenerFields() {}
}
