package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.runtime.ScriptedRuntime;
import org.junit.jupiter.api.Test;

class MaintenanceModesTest {
  private final ScriptedRuntime runtime = new ScriptedRuntime();
  private final MaintenanceModes modes = new MaintenanceModes(runtime);

  @Test
  void aClusterIsTurnedAwayWhileTheRuntimeHasItSo() {
    assertThat(modes.turnAway("a.b")).isFalse();
    runtime.set("upstream.maintenance_mode.a.b", "100");
    assertThat(modes.turnAway("a.b")).isTrue();
    assertThat(modes.turnAway("a")).isFalse();
    runtime.set("upstream.maintenance_mode.a.b", "0");
    assertThat(modes.turnAway("a.b")).isFalse();
  }
}
