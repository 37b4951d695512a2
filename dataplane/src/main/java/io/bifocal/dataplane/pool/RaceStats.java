package io.bifocal.dataplane.pool;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.pool.RareCounts.RareCount;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts one worker's races for a cluster ({@code cluster.<name>.connect.*}), once each has ended.
 * Races that nobody waited for are counted apart, and none of their attempts. What has never
 * happened is not listed: of most clusters little is. Of attempts over QUIC those of their family
 * count, and those over QUIC.
 */
final class RaceStats implements RaceListener {
  private final Scope scope;
  private final int shard;
  private final RareCount total;
  private final RareCount staggered;
  private final RareCount failed;
  private final RareCount timedOut;
  private final RareCount cancelled;
  private final RareCount reordered;
  private final RareCount avoided;
  private final RareCount retries;
  private final RareCount healed;
  private final Map<ConnectFailure.Reason, RareCount> reasons =
      new EnumMap<>(ConnectFailure.Reason.class);
  private final Map<Family, Attempts> families = new EnumMap<>(Family.class);
  private final Attempts quic;
  private @Nullable GridStats grids;
  private @Nullable Histogram winnerStart;
  private @Nullable Histogram winnerConnect;
  private @Nullable Histogram lateness;

  /**
   * @param scope {@code cluster.<name>.connect.}
   */
  RaceStats(Scope scope, int shard) {
    this.scope = scope;
    this.shard = shard;
    RareCounts counts = new RareCounts(scope, shard);
    this.total = counts.counter("race_total");
    this.staggered = counts.counter("race_staggered");
    this.failed = counts.counter("race_failed");
    this.timedOut = counts.counter("race_timed_out");
    this.cancelled = counts.counter("race_cancelled");
    this.reordered = counts.counter("memory_reordered");
    this.avoided = counts.counter("memory_avoided");
    this.retries = counts.counter("background_retry_total");
    this.healed = counts.counter("background_retry_healed");
    this.quic = new Attempts(counts, "quic_");
    for (ConnectFailure.Reason reason : ConnectFailure.Reason.values()) {
      reasons.put(reason, counts.counter("fail_" + word(reason)));
    }
    for (Family family : Family.values()) {
      families.put(family, new Attempts(counts, word(family) + "_"));
    }
  }

  @Override
  public void onRace(RaceReport race) {
    if (race.plan().purpose() == Purpose.RETRY) {
      retries.inc();
      if (race.healed()) {
        healed.inc();
      }
      return;
    }
    if (race.plan().purpose() == Purpose.GRID) {
      grids().count(race);
      return;
    }
    total.inc();
    if (race.attemptCount() > 1) {
      staggered.inc();
    }
    switch (race.result()) {
      case FAILED -> failed.inc();
      case TIMED_OUT -> timedOut.inc();
      case CANCELLED -> cancelled.inc();
      case WON -> {}
    }
    memory(race);
    late(race.lateness());
    List<AttemptEvent> events = race.attempts();
    for (int i = 0; i < events.size(); i++) {
      count(events.get(i), race);
    }
  }

  private GridStats grids() {
    if (grids == null) {
      grids = new GridStats(scope, shard);
    }
    return grids;
  }

  private void memory(RaceReport race) {
    if (race.plan().advice().reordered()) {
      reordered.inc();
    }
    if (race.result() == RaceReport.Result.WON && !triedAll(race.plan().advice().putOff(), race)) {
      avoided.inc();
    }
    if (!race.plan().retries().isEmpty()) {
      // Listed now: a retry may end when the cluster and its statistics are gone.
      retries.add(0);
      healed.add(0);
    }
  }

  private static boolean triedAll(List<Address> addresses, RaceReport race) {
    for (int i = 0; i < addresses.size(); i++) {
      if (!race.tried(addresses.get(i))) {
        return false;
      }
    }
    return true;
  }

  private void count(AttemptEvent event, RaceReport race) {
    requireNonNull(families.get(event.address().family())).count(event);
    if (race.plan().transport().over() == TransportProtocol.QUIC) {
      quic.count(event);
    }
    if (event instanceof AttemptEvent.Failed failure) {
      failed(failure.failure().reason());
    } else if (event instanceof AttemptEvent.Won winner) {
      won(winner, race);
    } else if (event instanceof AttemptEvent.Lost loser && loser.reason() == LossReason.TIMED_OUT) {
      failed(ConnectFailure.Reason.TIMED_OUT);
    }
  }

  private void late(long nanos) {
    if (nanos < 0) {
      return;
    }
    if (lateness == null) {
      lateness = scope.histogram("stagger_late_us", Histogram.Unit.MICROSECONDS);
    }
    lateness.record(shard, TimeUnit.NANOSECONDS.toMicros(nanos));
  }

  private void won(AttemptEvent.Won winner, RaceReport race) {
    if (winnerStart == null || winnerConnect == null) {
      winnerStart = scope.histogram("winner_start_ms", Histogram.Unit.MILLISECONDS);
      winnerConnect = scope.histogram("winner_connect_ms", Histogram.Unit.MILLISECONDS);
    }
    long start = race.start(winner.attempt()).atNanos();
    winnerStart.record(shard, TimeUnit.NANOSECONDS.toMillis(start));
    winnerConnect.record(shard, TimeUnit.NANOSECONDS.toMillis(winner.atNanos() - start));
  }

  private void failed(ConnectFailure.Reason reason) {
    requireNonNull(reasons.get(reason)).inc();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Attempts of one kind: those that started are the sum of the others. */
  private static final class Attempts {
    final RareCount started;
    final RareCount won;
    final RareCount lost;
    final RareCount failed;
    final RareCount cancelled;

    Attempts(RareCounts counts, String prefix) {
      started = counts.counter(prefix + "started");
      won = counts.counter(prefix + "won");
      lost = counts.counter(prefix + "lost");
      failed = counts.counter(prefix + "failed");
      cancelled = counts.counter(prefix + "cancelled");
    }

    void count(AttemptEvent event) {
      if (event instanceof AttemptEvent.Started) {
        started.inc();
      } else if (event instanceof AttemptEvent.Failed) {
        failed.inc();
      } else if (event instanceof AttemptEvent.Won) {
        won.inc();
      } else if (event instanceof AttemptEvent.Lost loser) {
        switch (loser.reason()) {
          case ANOTHER_WON -> lost.inc();
          case CANCELLED -> cancelled.inc();
          case TIMED_OUT -> failed.inc();
        }
      }
    }
  }
}
