package io.bifocal.conformance;

import io.bifocal.xds.testing.HeardRequest;
import io.bifocal.xds.testing.ScriptedControlPlane;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * Waits until a subject has nothing more to say to its control plane: until nothing was heard for a
 * while. On a busy machine a while is longer, as the answers of the subject's own admin interface
 * take longer.
 */
public final class Quiet {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** So many answers could have been had in that while, one after the other. */
  private static final int TURNS = 10;

  private Quiet() {}

  /** From now on nothing is heard for at least that long. */
  public static void await(ScriptedControlPlane server, Proxy proxy, Duration least) {
    long start = System.nanoTime();
    long[] turn = new long[1];
    Awaitility.await("that nothing more is said")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              long asked = System.nanoTime();
              var unused = proxy.tryAdmin("/ready"); // there may be none any more
              long now = System.nanoTime();
              turn[0] = Math.max(turn[0], now - asked);
              List<HeardRequest> all = server.requests();
              long last = all.isEmpty() ? start : all.get(all.size() - 1).nanoTime();
              return now - Math.max(start, last) >= Math.max(least.toNanos(), TURNS * turn[0]);
            });
  }
}
