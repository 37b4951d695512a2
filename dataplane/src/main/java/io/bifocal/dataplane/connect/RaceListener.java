package io.bifocal.dataplane.connect;

/** Hears of every race that ended, on the worker that ran it. Must not block. */
@FunctionalInterface
public interface RaceListener {
  RaceListener NONE = race -> {};

  /** A race ended: won, lost by all, given up, or tried again in the background. */
  void onRace(RaceReport race);

  /** This one, and then another. */
  default RaceListener and(RaceListener other) {
    return race -> {
      onRace(race);
      other.onRace(race);
    };
  }
}
