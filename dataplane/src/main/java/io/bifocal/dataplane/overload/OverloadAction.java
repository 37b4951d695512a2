package io.bifocal.dataplane.overload;

import org.jspecify.annotations.Nullable;

/** What can be done about overload: Envoy's actions, and its points at which load is shed. */
public enum OverloadAction {
  STOP_ACCEPTING_REQUESTS("envoy.overload_actions.stop_accepting_requests"),
  DISABLE_HTTP_KEEPALIVE("envoy.overload_actions.disable_http_keepalive"),
  STOP_ACCEPTING_CONNECTIONS("envoy.overload_actions.stop_accepting_connections"),
  REJECT_INCOMING_CONNECTIONS("envoy.overload_actions.reject_incoming_connections"),
  /** Nothing is done here: the collector shrinks the heap by rules of its own. */
  SHRINK_HEAP("envoy.overload_actions.shrink_heap"),
  /** {@link ReducedTimeouts}. */
  REDUCE_TIMEOUTS("envoy.overload_actions.reduce_timeouts"),
  /** {@link HeavyStreams}. */
  RESET_HIGH_MEMORY_STREAM("envoy.overload_actions.reset_high_memory_stream"),
  TCP_LISTENER_ACCEPT("envoy.load_shed_points.tcp_listener_accept"),
  HTTP_DECODE_HEADERS("envoy.load_shed_points.http_connection_manager_decode_headers");

  private final String text;

  OverloadAction(String text) {
    this.text = text;
  }

  /** As configurations and statistics name it. */
  public String text() {
    return text;
  }

  boolean isLoadShedPoint() {
    return this == TCP_LISTENER_ACCEPT || this == HTTP_DECODE_HEADERS;
  }

  static @Nullable OverloadAction find(String name, boolean loadShedPoint) {
    for (OverloadAction action : values()) {
      if (action.text.equals(name) && action.isLoadShedPoint() == loadShedPoint) {
        return action;
      }
    }
    return null;
  }
}
