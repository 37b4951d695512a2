package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.host.Host;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * A way to win a connection to a target, run after run. Confined to the loop that races; one race
 * at a time.
 */
interface Contest {
  /** Begins a race; its finish is told later, never from within this call. */
  Entry begin(Host host, Receiver receiver);

  /** A race that is not over. */
  @FunctionalInterface
  interface Entry {
    /** More is known of the target's addresses. */
    void update(Host host);
  }

  /** Who hears of it. */
  @FunctionalInterface
  interface Receiver {
    void onFinish(Finish finish);
  }

  /**
   * How a race ended.
   *
   * @param race until the moment in which there was a connection, or none to be had
   * @param connection the winner's, which is the receiver's to close; null when all failed
   */
  record Finish(RaceReport race, @Nullable Channel connection) {
    /** When the race began, on the loop's clock. */
    long beganAt() {
      return race.endedAt() - race.nanos();
    }

    /** How long it took to its last event; being told of it takes longer. */
    long nanos() {
      return race.attempts().stream().mapToLong(AttemptEvent::atNanos).max().orElse(0);
    }
  }
}
