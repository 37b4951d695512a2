package io.bifocal.conformance.gocontrolplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.LongRun;
import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The driver pushes three snapshots in which every name changes, and asks every listener after
 * each; it ends with 0 when each snapshot was seen to serve. Its counts are its own: two listeners
 * of each kind (RDS, SRDS, TCP, and VHDS where it has any), four clusters.
 */
class GoControlPlaneTest {
  private static final String MESSAGE = "from the upstream";
  private static final int LISTENERS = 8;

  /** One of each dialect; the others are long. */
  private static final Set<Run> ALWAYS = Set.of(Run.ADS, Run.DELTA_ADS);

  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource
  void theDriverIsContent(Run run) {
    assumeTrue(LongRun.ON || ALWAYS.contains(run), LongRun.REASON);
    theDriverIsContentWith(Subject.BIFOCAL, run);
  }

  /** Which shows that it is played as it is meant. */
  @LongRun
  @ParameterizedTest
  @EnumSource
  void theDriverIsContentWithEnvoy(Run run) {
    theDriverIsContentWith(Subject.ENVOY, run);
  }

  private void theDriverIsContentWith(Subject subject, Run run) {
    String program = Peers.require("gcp-driver").toString();
    Backend upstream = stage.keep(Backend.start("127.0.0.1", MESSAGE));
    // The driver takes fixed ports only.
    int base = Ports.inARow(LISTENERS + 3);
    int controlPlane = base + LISTENERS;
    int gateway = controlPlane + 1;
    int accessLogs = controlPlane + 2;
    List<String> command =
        new ArrayList<>(
            List.of(
                program,
                "-xds=" + run.mode(),
                "-message=" + MESSAGE,
                "-base=" + base,
                "-port=" + controlPlane,
                "-gateway=" + gateway,
                "-als=" + accessLogs,
                "-upstream=" + upstream.address().getPort(),
                "-debug"));
    command.addAll(run.flags());
    Program driver = stage.run("gcp-driver", command);
    stage.start(subject, run.bootstrap(controlPlane, gateway, accessLogs));

    assertThat(driver.awaitExit(Duration.ofMinutes(2))).as("the driver's exit code").isZero();
  }
}
