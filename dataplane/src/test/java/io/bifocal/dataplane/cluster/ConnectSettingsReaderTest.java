package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.ConnectSettings.DestinationOrdering;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectSettingsReaderTest {
  @Test
  void withoutAnythingTheDefaultsHold() throws Exception {
    assertThat(
            ConnectSettingsReader.ofCluster(
                Metadata.getDefaultInstance(), ConnectSettings.DEFAULT, "m"))
        .isEqualTo(ConnectSettings.DEFAULT);
    assertThat(ConnectSettings.DEFAULT.attemptDelay()).isEqualTo(Duration.ofMillis(300));
    assertThat(ConnectSettings.DEFAULT.outcomeMemory()).isTrue();
  }

  @Test
  void everyKeyIsObeyed() throws Exception {
    assertThat(
            read(
                """
                {attempt_delay: "0.05s", attempt_delay_growth: 2, attempt_delay_mode: "round_trip",
                 outcome_memory: true, resolution_delay: "0s", destination_ordering: "rfc6724"}
                """))
        .isEqualTo(
            new ConnectSettings(
                Duration.ofMillis(50),
                2,
                DelayMode.ROUND_TRIP,
                true,
                Duration.ZERO,
                DestinationOrdering.RFC6724));
  }

  @Test
  void aClusterSpeaksOverTheRuntimeAndTheRuntimeOverTheDefaults() throws Exception {
    ConnectSettings defaults =
        ConnectSettingsReader.ofRuntime(
            struct("{attempt_delay: '0.1s', outcome_memory: false}").getFieldsMap());
    assertThat(defaults.attemptDelay()).isEqualTo(Duration.ofMillis(100));
    ConnectSettings own =
        ConnectSettingsReader.ofCluster(metadata("{outcome_memory: true}"), defaults, "m");
    assertThat(own.outcomeMemory()).isTrue();
    assertThat(own.attemptDelay()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void aKeyOfTheRuntimeThatCannotBeIsNamed() {
    assertThatThrownBy(
            () -> ConnectSettingsReader.ofRuntime(struct("{atempt_delay: 1}").getFieldsMap()))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("runtime key bifocal.connect.atempt_delay is not known: there are");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{stager: 1} | stager is not known: there are attempt_delay, attempt_delay_growth,"
            + " attempt_delay_mode, outcome_memory, resolution_delay, destination_ordering",
        "{attempt_delay: '0.009s'} | attempt_delay: must be from 10 ms to 2000 ms, not '0.009s'",
        "{attempt_delay: '2.1s'} | attempt_delay: must be from 10 ms to 2000 ms, not '2.1s'",
        "{attempt_delay: 300} | attempt_delay: must be a duration such as \"0.3s\", not 300.0",
        "{attempt_delay: 'soon'} | attempt_delay: must be a duration such as \"0.3s\", not 'soon'",
        "{attempt_delay_growth: 0.5} | attempt_delay_growth: must be a number from 1 to 10, not 0.5",
        "{attempt_delay_growth: '2'} | attempt_delay_growth: must be a number from 1 to 10, not '2'",
        "{attempt_delay_mode: 'rtt'} | attempt_delay_mode: must be one of fixed, round_trip, not"
            + " 'rtt'",
        "{outcome_memory: 'no'} | outcome_memory: must be true or false, not 'no'",
        "{resolution_delay: '3s'} | resolution_delay: must be from 0 ms to 2000 ms, not '3s'",
        "{destination_ordering: []} | destination_ordering: must be one of as_answered, rfc6724, not"
            + " a value of another kind",
        "{attempt_delay_mode: 'round_trip', outcome_memory: false} | attempt_delay_mode:"
            + " 'round_trip' needs the memory that outcome_memory switches off",
      })
  void whatCannotBeIsRefusedWithItsPath(String settings, String reason) {
    assertThatThrownBy(() -> read(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessage("m.filter_metadata['bifocal.connect']." + reason);
  }

  private static ConnectSettings read(String json) throws Exception {
    return ConnectSettingsReader.ofCluster(metadata(json), ConnectSettings.DEFAULT, "m");
  }

  private static Metadata metadata(String json) throws Exception {
    return Metadata.newBuilder().putFilterMetadata("bifocal.connect", struct(json)).build();
  }

  private static Struct struct(String json) throws Exception {
    Struct.Builder struct = Struct.newBuilder();
    JsonFormat.parser().merge(json, struct);
    return struct.build();
  }
}
