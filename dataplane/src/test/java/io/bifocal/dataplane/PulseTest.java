package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PulseTest {
  @Test
  void aConnectionIsCountedOnce() {
    assertThat(Pulse.isConnections("listener.127.0.0.1_80.downstream_cx_active")).isTrue();
    assertThat(Pulse.isConnections("listener.127.0.0.1_80.worker_0.downstream_cx_active"))
        .isFalse();
    assertThat(Pulse.isConnections("listener.admin.downstream_cx_active")).isFalse();
    assertThat(Pulse.isConnections("cluster.a.upstream_cx_active")).isFalse();
  }
}
