package io.bifocal.dataplane;

import io.envoyproxy.envoy.admin.v3.ServerInfo.State;

/**
 * Where the proxy is in its life, as {@code /ready} and {@code server.state} show it. Confined to
 * the control loop, but for {@link #healthCheckFailed}.
 */
final class ServerState {
  private Phase phase = Phase.CLUSTERS;
  private volatile boolean healthCheckFailed;

  private enum Phase {
    CLUSTERS,
    LISTENERS,
    SERVING,
    DRAINING
  }

  void clustersInitialized() {
    advance(Phase.LISTENERS);
  }

  void listenersInitialized() {
    advance(Phase.SERVING);
  }

  void draining() {
    advance(Phase.DRAINING);
  }

  /** An operator's wish to be seen as draining, which takes nothing out of service by itself. */
  void failHealthCheck(boolean fail) {
    healthCheckFailed = fail;
  }

  /** Whether that is so now; on any thread. */
  boolean healthCheckFailed() {
    return healthCheckFailed;
  }

  State shown() {
    return switch (phase) {
      case CLUSTERS -> State.PRE_INITIALIZING;
      case LISTENERS -> State.INITIALIZING;
      case SERVING -> healthCheckFailed ? State.DRAINING : State.LIVE;
      case DRAINING -> State.DRAINING;
    };
  }

  // A late answer of a cluster must not bring a draining proxy back.
  private void advance(Phase next) {
    if (next.compareTo(phase) > 0) {
      phase = next;
    }
  }
}
