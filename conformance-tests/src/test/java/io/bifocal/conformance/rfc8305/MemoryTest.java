package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bifocal as it is by default: races remember. */
class MemoryTest {
  private static final String BY_DEFAULT = "";
  private static final Duration FIRST_RETRY = Duration.ofMillis(5100);

  @RegisterExtension static final WireLab wire = new WireLab();

  @Test
  void onlyTheFirstRacePaysForASilentAddress() {
    wire.run(
        Subject.BIFOCAL,
        Race.of("6a 4a").where("6a silent").ours(BY_DEFAULT).inARow(3),
        Expected.onTheWire("0 6a, 300 4a, 300 4a, 300 4a")
            .replies("200 4a at 300", "200 4a at 300", "200 4a at 300")
            .counts("upstream_cx_total 4"));
  }

  @Test
  void whatHasHealedIsFoundOutBesideARaceAndUsedAgain() {
    Trial trial =
        wire.trial(Subject.BIFOCAL, Race.of("6a 4a").where("6a silent").ours(BY_DEFAULT).inARow(1));
    assertThat(trial.run().wire().addresses()).containsExactly("6a", "4a");
    trial.forget();
    assertThat(trial.run().wire().addresses()).containsExactly("4a");
    trial.forget();

    trial.where("6a answers");
    await().pollDelay(FIRST_RETRY).until(() -> true);
    Observation beside = trial.run();
    trial.forget();
    Observation after = trial.run();

    assertThat(beside.wire().addresses()).containsExactlyInAnyOrder("4a", "6a");
    assertThat(beside.replies().get(0).what()).isEqualTo("200 4a");
    assertThat(after.wire().addresses()).containsExactly("6a");
    assertThat(after.replies().get(0).what()).isEqualTo("200 6a");
  }
}
