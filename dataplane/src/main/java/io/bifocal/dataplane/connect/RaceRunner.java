package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;

/** Runs races on one worker. Confined to its loop. */
public final class RaceRunner {
  private final Loop loop;
  private final Network network;
  private final RaceListener listener;

  public RaceRunner(Loop loop, Network network, RaceListener listener) {
    this.loop = loop;
    this.network = network;
    this.listener = listener;
  }

  /** A runner over real sockets. */
  public static RaceRunner on(Worker worker, Transport transport, RaceListener listener) {
    return new RaceRunner(worker.loop(), new NettyNetwork(worker.eventLoop(), transport), listener);
  }

  /**
   * Begins a race; its outcome is told later, never from within this call, though the first {@link
   * RaceOutcome.Receiver#onEvent} is.
   */
  public Race run(RacePlan plan, RaceOutcome.Receiver receiver) {
    loop.assertInLoop();
    Running race = new Running(loop, network, listener, plan, receiver);
    race.begin();
    return race;
  }

  /** A race that has begun. */
  @FunctionalInterface
  public interface Race {
    /** Ends it without an outcome, closing all its sockets; harmless when it is over. */
    void cancel();
  }
}
