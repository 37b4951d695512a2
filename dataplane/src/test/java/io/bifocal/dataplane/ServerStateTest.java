package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.admin.v3.ServerInfo.State;
import org.junit.jupiter.api.Test;

class ServerStateTest {
  private final ServerState state = new ServerState();

  @Test
  void aProxyGoesThroughEnvoysStates() {
    assertThat(state.shown()).isEqualTo(State.PRE_INITIALIZING);
    state.clustersInitialized();
    assertThat(state.shown()).isEqualTo(State.INITIALIZING);
    state.listenersInitialized();
    assertThat(state.shown()).isEqualTo(State.LIVE);
    state.draining();
    assertThat(state.shown()).isEqualTo(State.DRAINING);
  }

  @Test
  void aLateClusterDoesNotBringADrainingProxyBack() {
    state.draining();
    state.clustersInitialized();
    state.listenersInitialized();
    assertThat(state.shown()).isEqualTo(State.DRAINING);
  }

  @Test
  void aFailedHealthCheckShowsAsDrainingUntilItIsTakenBack() {
    state.clustersInitialized();
    state.listenersInitialized();
    state.failHealthCheck(true);
    assertThat(state.shown()).isEqualTo(State.DRAINING);
    state.failHealthCheck(false);
    assertThat(state.shown()).isEqualTo(State.LIVE);
  }
}
