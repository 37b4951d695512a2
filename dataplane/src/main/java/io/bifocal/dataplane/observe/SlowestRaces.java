package io.bifocal.dataplane.observe;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The races of the present window and of the one before it that took longest. One thread writes;
 * any may read, and sees whole races.
 */
final class SlowestRaces {
  static final Duration WINDOW = Duration.ofMinutes(5);

  /** How many are kept of a window. */
  static final int KEPT = 16;

  private volatile @Nullable Window present;
  private volatile @Nullable Window before;

  void offer(PastRace race) {
    Window window = present;
    if (window == null || race.endedAt() - window.from >= WINDOW.toNanos()) {
      before = window;
      window = new Window(race.endedAt());
      present = window;
    }
    window.offer(race);
  }

  /** Adds those that are not too old, in no order. */
  void addTo(List<PastRace> list, long now) {
    for (Window window : new Window[] {before, present}) {
      if (window != null) {
        window.addTo(list, now);
      }
    }
  }

  private static final class Window {
    final long from;
    final AtomicReferenceArray<PastRace> races = new AtomicReferenceArray<>(KEPT);
    int count;
    int fastest;

    Window(long from) {
      this.from = from;
    }

    void offer(PastRace race) {
      if (count < KEPT) {
        races.setRelease(count, race);
        count++;
      } else if (race.nanos() > races.getPlain(fastest).nanos()) {
        races.setRelease(fastest, race);
      } else {
        return;
      }
      for (int i = 0; i < count; i++) {
        if (races.getPlain(i).nanos() < races.getPlain(fastest).nanos()) {
          fastest = i;
        }
      }
    }

    void addTo(List<PastRace> list, long now) {
      for (int i = 0; i < KEPT; i++) {
        PastRace race = races.getAcquire(i);
        if (race != null && now - race.endedAt() <= WINDOW.multipliedBy(2).toNanos()) {
          list.add(race);
        }
      }
    }
  }
}
