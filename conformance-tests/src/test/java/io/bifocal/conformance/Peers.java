package io.bifocal.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * The real programs that we are compared with, as {@code scripts/peers} brings them. Without one, a
 * test is skipped and says how to get it; under {@code CI=true} it fails instead.
 */
public final class Peers {
  private Peers() {}

  /** The executable of a peer. */
  public static Path require(String name) {
    Path executable = directory().resolve("bin").resolve(name);
    if (!Files.isExecutable(executable)) {
      missing(
          "%s is missing: run scripts/peers to bring it (looked at %s)"
              .formatted(name, executable));
    }
    return executable;
  }

  /** Skips the test for this reason; fails it under {@code CI=true}. */
  public static void missing(String message) {
    if (Boolean.parseBoolean(System.getenv("CI"))) {
      Assertions.fail(message);
    }
    Assumptions.abort(message);
  }

  /** The top of the checkout. */
  public static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (here != null && !Files.isDirectory(here.resolve("scripts"))) {
      here = here.getParent();
    }
    return Assertions.assertInstanceOf(Path.class, here, "not in a checkout");
  }

  private static Path directory() {
    String configured = System.getenv("BIFOCAL_PEERS");
    return configured == null ? root().resolve(".peers") : Path.of(configured);
  }
}
