package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.runtime.RuntimeLayer;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.runtime.RuntimeValue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ConnectDefaultsTest {
  private RuntimeSnapshot runtime = RuntimeSnapshot.EMPTY;
  private final ConnectDefaults defaults = new ConnectDefaults(() -> runtime);

  private void say(Map<String, String> texts) {
    TreeMap<String, RuntimeValue> values = new TreeMap<>();
    texts.forEach((key, text) -> values.put("bifocal.connect." + key, RuntimeValue.of(text)));
    runtime = new RuntimeSnapshot(List.of(new RuntimeLayer("l", values)));
  }

  @Test
  void whatTheRuntimeSaysNowHolds() {
    assertThat(defaults.get()).isEqualTo(ConnectSettings.DEFAULT);
    say(Map.of("attempt_delay", "0.1s", "attempt_delay_growth", "2", "outcome_memory", "false"));
    assertThat(defaults.get().attemptDelay()).isEqualTo(Duration.ofMillis(100));
    assertThat(defaults.get().attemptDelayGrowth()).isEqualTo(2);
    assertThat(defaults.get().outcomeMemory()).isFalse();
    say(Map.of());
    assertThat(defaults.get()).isEqualTo(ConnectSettings.DEFAULT);
  }

  @Test
  void whatCannotBeLeavesWhatWasGood() {
    say(Map.of("attempt_delay", "0.1s"));
    assertThat(defaults.get().attemptDelay()).isEqualTo(Duration.ofMillis(100));
    say(Map.of("attempt_delay", "9s"));
    assertThat(defaults.get().attemptDelay()).isEqualTo(Duration.ofMillis(100));
  }
}
