package io.bifocal.conformance.gocontrolplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The driver pushes three snapshots in which every name changes, and asks every listener after
 * each; it ends with 0 when each snapshot was seen to serve. Scoped routes and on-demand virtual
 * hosts are switched off.
 */
class GoControlPlaneTest {
  private static final String MESSAGE = "from the upstream";
  private static final int LISTENERS = 4;

  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everyone() {
    return Arrays.stream(Subject.values())
        .flatMap(subject -> Stream.of("ads", "delta-ads").map(mode -> Arguments.of(subject, mode)));
  }

  @ParameterizedTest
  @MethodSource("everyone")
  void theDriverIsContent(Subject subject, String mode) {
    String program = Peers.require("gcp-driver").toString();
    subject.command(List.of());
    Backend upstream = stage.keep(Backend.start("127.0.0.1", MESSAGE));
    // The driver takes fixed ports only.
    int base = Ports.inARow(LISTENERS + 5);
    int controlPlane = base + LISTENERS;
    Program driver =
        stage.run(
            "gcp-driver",
            List.of(
                program,
                "-xds=" + mode,
                "-message=" + MESSAGE,
                "-base=" + base,
                "-port=" + controlPlane,
                "-gateway=" + (controlPlane + 1),
                "-als=" + (controlPlane + 2),
                "-upstream=" + upstream.address().getPort(),
                "-nodeID=test-id",
                "-http=2",
                "-tcp=2",
                "-scopedhttp=0",
                "-vhdshttp=0",
                "-debug"));
    Dialect dialect = mode.equals("ads") ? Dialect.SOTW : Dialect.DELTA;
    String bootstrap =
        Bootstraps.ads(controlPlane, dialect) + Bootstraps.http2Cluster("als_cluster", base + 6);
    stage.start(subject, bootstrap);

    assertThat(driver.awaitExit(Duration.ofMinutes(2))).as("the driver's exit code").isZero();
  }
}
