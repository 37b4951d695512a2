package io.bifocal.dataplane.observe;

import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The last so many races. One thread writes; any may read, and sees whole races. */
final class RaceRing {
  private final AtomicReferenceArray<PastRace> races;
  private int next;

  RaceRing(int capacity) {
    races = new AtomicReferenceArray<>(capacity);
  }

  void add(PastRace race) {
    races.setRelease(next, race);
    next = next + 1 == races.length() ? 0 : next + 1;
  }

  /** Adds those that are kept, in no order. */
  void addTo(List<PastRace> list) {
    for (int i = 0; i < races.length(); i++) {
      PastRace race = races.getAcquire(i);
      if (race != null) {
        list.add(race);
      }
    }
  }
}
