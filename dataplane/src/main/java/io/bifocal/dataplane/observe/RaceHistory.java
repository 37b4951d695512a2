package io.bifocal.dataplane.observe;

import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The races of late, for whoever asks afterwards. Each worker writes what is its own, without a
 * lock; any thread may read.
 */
public final class RaceHistory {
  private final List<OfWorker> workers = new ArrayList<>();

  public RaceHistory(int workers) {
    for (int i = 0; i < workers; i++) {
      this.workers.add(new OfWorker(i));
    }
  }

  /** Who writes the races of one worker, numbered from 0; confined to its loop. */
  public RaceListener of(int worker) {
    return workers.get(worker);
  }

  /**
   * The latest races, the newest first. Of those that were won by their first attempt fewer are
   * kept, so that they do not displace the others.
   */
  public List<PastRace> recent() {
    List<PastRace> races = new ArrayList<>();
    for (OfWorker worker : workers) {
      worker.smooth.addTo(races);
      worker.rough.addTo(races);
    }
    races.sort(Comparator.comparingLong(PastRace::endedAt).reversed());
    return races;
  }

  /**
   * The races that took longest within the last {@link SlowestRaces#WINDOW} and up to as much again
   * before it, the slowest first; without those that nobody waited for.
   *
   * @param now on the loops' clock, in nanoseconds
   */
  public List<PastRace> slowest(long now) {
    List<PastRace> races = new ArrayList<>();
    workers.forEach(worker -> worker.slowest.addTo(races, now));
    races.sort(Comparator.comparingLong(PastRace::nanos).reversed());
    return races;
  }

  /** What one worker has seen. */
  private static final class OfWorker implements RaceListener {
    private static final int SMOOTH = 32;
    private static final int ROUGH = 128;

    final int number;
    final RaceRing smooth = new RaceRing(SMOOTH);
    final RaceRing rough = new RaceRing(ROUGH);
    final SlowestRaces slowest = new SlowestRaces();

    OfWorker(int number) {
      this.number = number;
    }

    @Override
    public void onRace(RaceReport report) {
      if (report.plan().purpose() == Purpose.ENTRANT) {
        return; // the grid's own report has it
      }
      PastRace race = PastRace.of(number, report);
      boolean wentWell = race.result() == RaceReport.Result.WON && race.attemptCount() == 1;
      boolean waitedFor = race.purpose() != Purpose.RETRY;
      (wentWell && waitedFor ? smooth : rough).add(race);
      if (waitedFor) {
        slowest.offer(race);
      }
    }
  }
}
