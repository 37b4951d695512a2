package io.bifocal.dataplane.connect;

import java.util.List;

/** Hears of every race that ended, on the worker that ran it. Must not block. */
@FunctionalInterface
public interface RaceListener {
  RaceListener NONE = (cluster, attempts) -> {};

  /**
   * A race ended.
   *
   * @param attempts what happened to each attempt, in order of time
   */
  void onRace(String cluster, List<AttemptEvent> attempts);
}
