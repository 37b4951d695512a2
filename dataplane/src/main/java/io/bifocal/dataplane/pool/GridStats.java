package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.pool.RareCounts.RareCount;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests that waited for HTTP/3 or TCP, whichever was ready first ({@code
 * connect.grid_*}). Those for which there was a connection already do not count.
 */
final class GridStats {
  private final Scope scope;
  private final int shard;
  private final RareCount total;
  private final RareCount http3Won;
  private final RareCount tcpWon;
  private final RareCount failed;
  private final RareCount cancelled;
  private final RareCount tcpAfterDelay;
  private final RareCount tcpAfterFailure;
  private final RareCount tcpTogether;
  private @Nullable Histogram wait;

  GridStats(Scope scope, int shard) {
    this.scope = scope;
    this.shard = shard;
    RareCounts counts = new RareCounts(scope, shard);
    this.total = counts.counter("grid_total");
    this.http3Won = counts.counter("grid_http3_won");
    this.tcpWon = counts.counter("grid_tcp_won");
    this.failed = counts.counter("grid_failed");
    this.cancelled = counts.counter("grid_cancelled");
    this.tcpAfterDelay = counts.counter("grid_tcp_after_delay");
    this.tcpAfterFailure = counts.counter("grid_tcp_after_failure");
    this.tcpTogether = counts.counter("grid_tcp_together");
  }

  void count(RaceReport race) {
    total.inc();
    switch (race.result()) {
      case WON -> won(race);
      case FAILED, TIMED_OUT -> failed.inc();
      case CANCELLED -> cancelled.inc();
    }
    Cause cause = whyTcpBegan(race);
    if (cause != null) {
      switch (cause) {
        case STAGGER -> tcpAfterDelay.inc();
        case PREVIOUS_FAILED -> tcpAfterFailure.inc();
        case FIRST -> tcpTogether.inc();
      }
    }
  }

  private void won(RaceReport race) {
    AttemptEvent.Won winner = race.winner();
    boolean quic = winner != null && race.start(winner.attempt()).over() == TransportProtocol.QUIC;
    (quic ? http3Won : tcpWon).inc();
    if (wait == null) {
      wait = scope.histogram("grid_wait_ms", Histogram.Unit.MILLISECONDS);
    }
    wait.record(shard, TimeUnit.NANOSECONDS.toMillis(race.nanos()));
  }

  /** Null where there was HTTP/3 alone, or TCP alone. */
  private static @Nullable Cause whyTcpBegan(RaceReport race) {
    boolean http3 = false;
    Cause first = null;
    List<AttemptEvent> events = race.attempts();
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i) instanceof AttemptEvent.Started start) {
        boolean quic = start.over() == TransportProtocol.QUIC;
        http3 |= quic;
        first = first == null && !quic ? start.cause() : first;
      }
    }
    return http3 ? first : null;
  }
}
