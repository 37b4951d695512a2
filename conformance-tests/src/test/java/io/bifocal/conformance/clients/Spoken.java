package io.bifocal.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Stage;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A peer of another language, which says by line what it does. */
record Spoken(Program program) {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Starts it. */
  static Spoken by(Stage stage, String... command) {
    return new Spoken(stage.run("peer", List.of(command)));
  }

  /** Where a server listens, which it says first. */
  InetSocketAddress address() {
    String first =
        await("where it listens")
            .atMost(PATIENCE)
            .until(program::log, said -> said.contains("\n"))
            .lines()
            .findFirst()
            .orElseThrow();
    return Loopback.v4(Integer.parseInt(first.replaceFirst(".*:", "")));
  }

  /** All that a client says until its end, which is a good one. */
  String all() {
    int exit = program.awaitExit(PATIENCE);
    byte[] said = program.log().getBytes(StandardCharsets.ISO_8859_1);
    assertThat(exit).as(program.log()).isZero();
    return new String(said, StandardCharsets.UTF_8);
  }
}
