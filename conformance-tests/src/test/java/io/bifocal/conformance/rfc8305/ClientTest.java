package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that are no ordinary HTTP clients. */
class ClientTest {
  @RegisterExtension static final WireLab wire = new WireLab();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aRaceGoesOnWhenItsClientHasGone(Subject subject) throws IOException {
    Trial trial =
        wire.trial(subject, Race.of("6a 4a 6b 4b").where("6a silent, 4a silent, 6b silent"));
    try (Socket client = trial.contestant().connect("ingress")) {
      client
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nhost: a\r\nx-cluster: %s\r\n\r\n"
                  .formatted(trial.name())
                  .getBytes(StandardCharsets.US_ASCII));
      await().until(() -> !trial.packets().isEmpty());
    }

    assertThat(Timeline.of("0 6a, 300 4a, 600 6b, 900 4b").differencesTo(trial.awaitWire()))
        .filteredOn(difference -> !difference.late())
        .isEmpty();
    assertThat(trial.contestant().counters(trial.name()))
        .isEqualTo(
            Map.of(
                "upstream_cx_active", 1L,
                "upstream_cx_http1_total", 1L,
                "upstream_cx_total", 4L,
                "upstream_rq_cancelled", 1L,
                "upstream_rq_pending_total", 1L));
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aConnectionThroughTheTcpProxy(Subject subject) throws IOException {
    Trial trial = wire.trial(subject, Race.of("6a 4a").where("6a silent"), "tcp");
    try (Socket client = trial.contestant().connect("tcp")) {
      client
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 200 OK");
    }
    assertThat(Timeline.of("0 6a, 300 4a").differencesTo(trial.awaitWire()))
        .filteredOn(difference -> !difference.late())
        .isEmpty();
    assertThat(trial.stat("upstream_cx_total")).isEqualTo(2);
    assertThat(trial.stat("upstream_cx_connect_fail")).isZero();
  }
}
