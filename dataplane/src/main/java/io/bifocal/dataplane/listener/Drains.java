package io.bifocal.dataplane.listener;

import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Filter chains that take no new connection: those that they have are asked to end, and are closed
 * when the drain time is over. Confined to the control loop.
 */
final class Drains {
  private final Loop control;
  private final Duration drainTime;
  private final ManagerStats stats;
  private final List<Draining> draining = new ArrayList<>();
  private final List<Loop.Timer> timers = new ArrayList<>();
  private boolean abandoned;

  /**
   * One drain.
   *
   * @param wholeListener false when the listener goes on with other chains
   */
  record Draining(ListenerVersion version, List<ConnectionChain> chains, boolean wholeListener) {}

  Drains(Loop control, Duration drainTime, ManagerStats stats) {
    this.control = control;
    this.drainTime = drainTime;
    this.stats = stats;
  }

  /** Drains; {@code gone} runs when the last connection is closed. */
  void start(Draining drain, Runnable gone) {
    draining.add(drain);
    count();
    drain.chains().forEach(ConnectionChain::drain);
    Loop.Timer over =
        control.schedule(drainTime, () -> drain.chains().forEach(c -> c.connections().closeAll()));
    timers.add(over);
    whenGone(
        drain.chains(),
        () -> {
          if (abandoned) {
            return;
          }
          over.cancel();
          timers.remove(over);
          draining.remove(drain);
          count();
          drain.chains().forEach(ConnectionChain::close);
          gone.run();
        });
  }

  /** Tells, on the control loop, when none of the chains has a connection. */
  void whenGone(List<ConnectionChain> chains, Runnable gone) {
    int[] left = {chains.size()};
    if (chains.isEmpty()) {
      control.execute(gone);
    }
    for (ConnectionChain chain : chains) {
      chain
          .connections()
          .whenGone(
              control,
              () -> {
                if (--left[0] == 0) {
                  gone.run();
                }
              });
    }
  }

  /** Forgets all drains, whose chains somebody else closes. */
  void abandon() {
    abandoned = true;
    timers.forEach(Loop.Timer::cancel);
    draining.clear();
    count();
  }

  List<Draining> all() {
    return List.copyOf(draining);
  }

  private void count() {
    stats.draining.set(draining.stream().filter(Draining::wholeListener).count());
    stats.drainingChains.set(
        draining.stream().filter(d -> !d.wholeListener()).mapToLong(d -> d.chains().size()).sum());
  }
}
