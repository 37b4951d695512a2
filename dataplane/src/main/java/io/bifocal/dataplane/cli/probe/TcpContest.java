package io.bifocal.dataplane.cli.probe;

import io.bifocal.dataplane.connect.OutcomeMemory;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RaceOutcome;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;

/** Over TCP: one race among all addresses. */
final class TcpContest implements Contest {
  private final Loop loop;
  private final RacePlanner planner;
  private final RaceRunner runner;

  /**
   * @param name of the target
   */
  TcpContest(Workers workers, String name, Rules rules, TransportSocket transport) {
    this.loop = workers.get(0).loop();
    this.planner =
        new RacePlanner(
            name,
            rules.connectTimeout(),
            SocketSettings.DEFAULT,
            host -> transport,
            rules.connect(),
            new OutcomeMemory(loop::nanoTime),
            RaceListener.NONE);
    this.runner = RaceRunner.on(workers.get(0), workers.transport(), RaceListener.NONE);
  }

  @Override
  public Entry begin(Host host, Receiver receiver) {
    RaceRunner.Race race =
        runner.run(planner.plan(host, loop.nanoTime()), outcome -> receiver.onFinish(of(outcome)));
    return newer -> race.update(newer.raced());
  }

  private static Finish of(RaceOutcome outcome) {
    return new Finish(
        outcome.race(), outcome instanceof RaceOutcome.Won won ? won.channel() : null);
  }
}
