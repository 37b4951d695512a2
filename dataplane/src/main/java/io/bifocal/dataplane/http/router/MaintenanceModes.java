package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What share of a cluster's requests is turned away, for its maintenance: the runtime's {@code
 * upstream.maintenance_mode.<cluster>}, of a hundred. Confined to the worker's loop.
 */
final class MaintenanceModes {
  private static final String PREFIX = "upstream.maintenance_mode";

  private final RuntimeReader runtime;
  private RuntimeSnapshot seen = RuntimeSnapshot.EMPTY;
  private Set<String> clusters = Set.of();

  MaintenanceModes(RuntimeReader runtime) {
    this.runtime = runtime;
  }

  /** Whether a request is turned away. */
  boolean turnAway(String cluster) {
    RuntimeSnapshot now = runtime.snapshot();
    if (now != seen) {
      seen = now;
      clusters = Set.copyOf(now.under(PREFIX).keySet());
    }
    if (clusters.isEmpty() || !clusters.contains(cluster)) {
      return false;
    }
    Fraction share = now.fraction(PREFIX + "." + cluster, new Fraction(0, 100));
    return share.includes(ThreadLocalRandom.current().nextLong() >>> 1);
  }
}
