package io.bifocal.xds;

/** Counts what happens to a stream to a control plane ({@code control_plane.*} in Envoy). */
public interface TransportObserver {
  TransportObserver NONE = new TransportObserver() {};

  default void onConnected(boolean connected) {}

  /** Told before {@link #onConnected}: 0 for the server, 1 for its failover. */
  default void onServer(int server) {}

  /** Requests that wait for the rate limit or for flow control. */
  default void onPendingRequests(int count) {}

  /** The rate limit made a request wait. */
  default void onRateLimited() {}

  /** The server's name for itself, from {@code control_plane.identifier}. */
  default void onIdentifier(String identifier) {}

  /** A resource carried fields that this build does not know; they were ignored. */
  default void onUnknownFields(String typeUrl, String resource, String paths) {}

  /** A refused configuration is not kept for dumps: there are too many, or they are too large. */
  default void onRefusedNotKept(String typeUrl, String resource) {}
}
