package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import java.util.List;

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
    for (RacePlan.Retry retry : plan.retries()) {
      new Running(loop, network, listener, plan.retry(retry), RaceRunner::drop).begin();
    }
    return race;
  }

  /** Nobody asked for this connection: that it came about is all. */
  private static void drop(RaceOutcome outcome) {
    if (outcome instanceof RaceOutcome.Won won) {
      var unused = won.channel().close();
    }
  }

  /** Who hears of its races. */
  public RaceListener listener() {
    return listener;
  }

  /** A race that has begun. */
  public interface Race {
    /** The host's addresses are these now; those not tried yet join. */
    void update(AddressList addresses);

    /**
     * What has happened to its attempts so far.
     *
     * @param since the zero of the events' times, on the loop's clock
     */
    List<AttemptEvent> events(long since);

    /** Ends it without an outcome, closing all its sockets; harmless when it is over. */
    void cancel();
  }
}
