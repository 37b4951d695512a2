package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Program;
import io.bifocal.conformance.Stage;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The lab's own tests, which are written in its language. */
class LabTest {
  @RegisterExtension final Stage stage = new Stage();

  @Test
  void theLabKeepsItsPromises() {
    Lab.open().close();
    Program tests =
        stage.run(
            "wirelab",
            List.of(
                "python3",
                "-m",
                "unittest",
                "discover",
                "--start-directory",
                Peers.root().resolve("conformance-tests/lab").toString()));

    assertThat(tests.awaitExit(Duration.ofMinutes(1))).as("%s", tests.log()).isZero();
    assertThat(tests.log()).contains("Ran ").endsWith("OK\n");
  }
}
