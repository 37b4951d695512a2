package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.stats.Cell;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What the grids of one cluster obey, on one worker.
 *
 * @param cache what is known of origins
 * @param planner of races of HTTP/3, with a memory that knows of no other: a network can let TCP
 *     pass and no datagram
 * @param sni the transport socket's server name, or empty
 * @param delay how long HTTP/3 is alone while its round trip is unknown
 * @param runtime of the moment it is asked
 * @param broken counts how often HTTP/3 was found broken ({@code upstream_http3_broken})
 */
public record GridSettings(
    AlternateProtocolsCache cache,
    RacePlanner planner,
    String sni,
    Duration delay,
    Supplier<RuntimeSnapshot> runtime,
    Cell broken) {

  /** Whether HTTP/3 is tried at a second address; Envoy's own default is that it is not. */
  private static final String HAPPY_EYEBALLS = "envoy.reloadable_features.http3_happy_eyeballs";

  /** Whether TCP begins at once unless HTTP/3 is known to work. */
  private static final String NO_TCP_DELAY = "envoy.reloadable_features.quic_no_tcp_delay";

  /** What guards something here. */
  public static final Set<String> GUARDS = Set.of(HAPPY_EYEBALLS, NO_TCP_DELAY);

  boolean happyEyeballs() {
    return runtime.get().flag(HAPPY_EYEBALLS, true);
  }

  boolean noTcpDelay() {
    return runtime.get().flag(NO_TCP_DELAY, false);
  }
}
