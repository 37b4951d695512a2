package io.bifocal.dataplane.connect;

/** Hears of races, on the worker that runs them. Must not block. */
@FunctionalInterface
public interface RaceListener {
  RaceListener NONE = race -> {};

  /** A race ended: won, lost by all, given up, or tried again in the background. */
  void onRace(RaceReport race);

  /** A race begins; {@code plan} is its alone. */
  default void onBegin(RacePlan plan) {}

  /** Something happened in a race that goes on; {@code plan} is that race's alone. */
  default void onEvent(RacePlan plan, AttemptEvent event) {}

  /** This one, and then another. */
  default RaceListener and(RaceListener other) {
    RaceListener first = this;
    return new RaceListener() {
      @Override
      public void onRace(RaceReport race) {
        first.onRace(race);
        other.onRace(race);
      }

      @Override
      public void onBegin(RacePlan plan) {
        first.onBegin(plan);
        other.onBegin(plan);
      }

      @Override
      public void onEvent(RacePlan plan, AttemptEvent event) {
        first.onEvent(plan, event);
        other.onEvent(plan, event);
      }
    };
  }
}
