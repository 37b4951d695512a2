package io.bifocal.conformance.envoy;

import static org.assertj.core.api.Assertions.fail;

import io.bifocal.conformance.Peers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** {@code envoy --mode validate}. */
final class ValidatingEnvoy {
  private ValidatingEnvoy() {}

  /** What Envoy says of a bootstrap. */
  record Verdict(boolean accepted, String text) {}

  static Verdict show(String yaml) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Peers.require("envoy").toString(),
                "--mode",
                "validate",
                "--disable-hot-restart",
                "-l",
                "critical",
                "--config-yaml",
                yaml)
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (!process.waitFor(1, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      fail("envoy did not end");
    }
    return new Verdict(process.exitValue() == 0, output);
  }
}
