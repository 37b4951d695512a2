package io.bifocal.dataplane;

import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.ServerStats;
import io.envoyproxy.envoy.admin.v3.ServerInfo.State;
import java.time.Duration;
import java.time.Instant;

/** Keeps {@code server.*} up to date: at once for the state, every five seconds for the rest. */
final class Pulse {
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final Parts parts;
  private final ServerState state;
  private final ServerStats stats;
  private boolean initialized;

  Pulse(Parts parts, ServerState state, int unknownStaticFields) {
    this.parts = parts;
    this.state = state;
    this.stats =
        new ServerStats(
            parts.stats().root(), parts.control(), parts.workers().size(), Version.asNumber());
    stats.staticUnknownFields(unknownStaticFields);
    beat();
  }

  /** The state may have changed. */
  void onState() {
    State now = state.shown();
    stats.state(now);
    tellOfCertificates();
    if (now == State.LIVE && !initialized) {
      initialized = true;
      stats.initialized();
    }
  }

  private void beat() {
    stats.refresh();
    tellOfCertificates();
    stats.totalConnections(
        parts.stats().gauges("listener.").stream()
            .filter(g -> isConnections(g.name().full()))
            .mapToLong(Gauge::value)
            .sum());
    parts.control().schedule(INTERVAL, this::beat);
  }

  private void tellOfCertificates() {
    Instant now = parts.control().wallTime();
    stats.certificates(
        parts.tls().daysUntilFirstExpires(now), parts.tls().secondsUntilFirstStatusExpires(now));
  }

  /** A listener's own gauge; its workers' count the same connections, and the admin's are none. */
  static boolean isConnections(String gauge) {
    return gauge.startsWith("listener.")
        && gauge.endsWith(".downstream_cx_active")
        && !gauge.contains(".worker_")
        && !gauge.startsWith("listener.admin.");
  }
}
