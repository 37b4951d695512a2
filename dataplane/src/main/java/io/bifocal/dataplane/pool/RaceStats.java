package io.bifocal.dataplane.pool;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts one worker's races for a cluster ({@code cluster.<name>.connect.*}), once each has ended.
 * Races that nobody waited for are counted apart, and none of their attempts. What has never
 * happened is not listed: of most clusters little is.
 */
final class RaceStats implements RaceListener {
  private final Scope scope;
  private final int shard;
  private final Count total = new Count("race_total");
  private final Count staggered = new Count("race_staggered");
  private final Count failed = new Count("race_failed");
  private final Count timedOut = new Count("race_timed_out");
  private final Count cancelled = new Count("race_cancelled");
  private final Count reordered = new Count("memory_reordered");
  private final Count avoided = new Count("memory_avoided");
  private final Count retries = new Count("background_retry_total");
  private final Count healed = new Count("background_retry_healed");
  private final Map<ConnectFailure.Reason, Count> reasons =
      new EnumMap<>(ConnectFailure.Reason.class);
  private final Map<Family, Attempts> families = new EnumMap<>(Family.class);
  private @Nullable Histogram winnerStart;
  private @Nullable Histogram winnerConnect;
  private @Nullable Histogram lateness;

  /**
   * @param scope {@code cluster.<name>.connect.}
   */
  RaceStats(Scope scope, int shard) {
    this.scope = scope;
    this.shard = shard;
    for (ConnectFailure.Reason reason : ConnectFailure.Reason.values()) {
      reasons.put(reason, new Count("fail_" + word(reason)));
    }
    for (Family family : Family.values()) {
      families.put(family, new Attempts(word(family) + "_"));
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
    Attempts family = requireNonNull(families.get(event.address().family()));
    if (event instanceof AttemptEvent.Started) {
      family.started.inc();
    } else if (event instanceof AttemptEvent.Failed failure) {
      family.failed.inc();
      failed(failure.failure().reason());
    } else if (event instanceof AttemptEvent.Won winner) {
      family.won.inc();
      won(winner, race);
    } else if (event instanceof AttemptEvent.Lost loser) {
      lost(loser, family);
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

  private void lost(AttemptEvent.Lost loser, Attempts family) {
    switch (loser.reason()) {
      case ANOTHER_WON -> family.lost.inc();
      case CANCELLED -> family.cancelled.inc();
      case TIMED_OUT -> {
        family.failed.inc();
        failed(ConnectFailure.Reason.TIMED_OUT);
      }
    }
  }

  private void failed(ConnectFailure.Reason reason) {
    requireNonNull(reasons.get(reason)).inc();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A counter that is made when there is something to count. */
  private final class Count {
    private final String name;
    private @Nullable Cell cell;

    Count(String name) {
      this.name = name;
    }

    void inc() {
      add(1);
    }

    void add(int n) {
      if (cell == null) {
        cell = scope.counter(name).at(shard);
      }
      cell.add(n);
    }
  }

  /** Attempts at addresses of one family: those that started are the sum of the others. */
  private final class Attempts {
    final Count started;
    final Count won;
    final Count lost;
    final Count failed;
    final Count cancelled;

    Attempts(String prefix) {
      started = new Count(prefix + "started");
      won = new Count(prefix + "won");
      lost = new Count(prefix + "lost");
      failed = new Count(prefix + "failed");
      cancelled = new Count(prefix + "cancelled");
    }
  }
}
