package io.bifocal.dataplane.listener;

import io.bifocal.api.SupportedFields;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
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
              "access_log")
          .ignores("nothing here reads it", "metadata")
          .ignores(
              "no listener filter waits for bytes",
              "listener_filters_timeout",
              "continue_on_listener_filters_timeout")
          .ignores("connections drain on removal, on change and at the end", "drain_type")
          .ignores("the kernel or the acceptor deals connections", "connection_balance_config")
          .ignores("there is no such limit", "ignore_global_conn_limit", "bypass_overload_manager");

  static final SupportedFields FILTER_CHAIN =
      SupportedFields.of(FilterChain.getDescriptor())
          .supports(
              "filter_chain_match",
              "filters",
              "name",
              "transport_socket",
              "transport_socket_connect_timeout")
          .ignores("nothing here reads it", "metadata");

  static final SupportedFields MATCH =
      SupportedFields.of(FilterChainMatch.getDescriptor())
          .supports(
              "destination_port",
              "prefix_ranges",
              "source_prefix_ranges",
              "source_ports",
              "transport_protocol");

  static final SupportedFields FILTER =
      SupportedFields.of(Filter.getDescriptor())
          .supports("name", "typed_config", "config_discovery");

  private ListenerFields() {}
}
