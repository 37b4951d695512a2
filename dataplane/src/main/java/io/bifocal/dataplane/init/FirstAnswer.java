package io.bifocal.dataplane.init;

import java.util.ArrayList;
import java.util.List;

/**
 * The first answer to a subscription, good or bad, or none in time, and those who wait for it.
 * Confined to the control loop.
 */
public final class FirstAnswer {
  private final List<Runnable> waiting = new ArrayList<>();
  private boolean here;

  /** Whether it has come. */
  public boolean isHere() {
    return here;
  }

  /** Runs {@code task} when it has come, maybe within this call. */
  public void whenHere(Runnable task) {
    if (here) {
      task.run();
    } else {
      waiting.add(task);
    }
  }

  /** It has come; later ones do not matter. */
  public void came() {
    if (!here) {
      here = true;
      List<Runnable> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(Runnable::run);
    }
  }
}
