package io.bifocal.dataplane.connect;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.Loop.Timer;
import io.netty.channel.Channel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One race with its sockets and timers: carries out what {@link ConnectRace} decides. */
final class Running implements RaceRunner.Race, ConnectRace.Commands {
  private static final Logger log = LoggerFactory.getLogger(RaceRunner.class);

  private final Loop loop;
  private final Network network;
  private final RaceListener listener;
  private final RacePlan plan;
  private final RaceOutcome.Receiver receiver;
  private final ConnectRace race;
  private final List<Attempt> attempts = new ArrayList<>(2);
  private final List<AttemptEvent> events = new ArrayList<>(2);
  private @Nullable Instant began;
  private @Nullable Timer staggerTimer;
  private @Nullable Timer connectTimer;

  Running(
      Loop loop,
      Network network,
      RaceListener listener,
      RacePlan plan,
      RaceOutcome.Receiver receiver) {
    this.loop = loop;
    this.network = network;
    this.listener = listener;
    this.plan = plan;
    this.receiver = receiver;
    this.race =
        new ConnectRace(plan.addresses(), plan.pacing(), this).expecting(plan.completeness());
  }

  void begin() {
    log.debug("{}: a race among {}", plan.cluster(), plan.addresses());
    began = loop.wallTime();
    connectTimer = loop.schedule(plan.connectTimeout(), () -> race.timeOut(loop.nanoTime()));
    race.begin(loop.nanoTime());
  }

  @Override
  public void cancel() {
    loop.assertInLoop();
    race.cancel(loop.nanoTime());
  }

  @Override
  public void update(AddressList addresses) {
    loop.assertInLoop();
    log.debug("{}: the addresses are now {}", plan.cluster(), addresses.ordered());
    race.update(loop.nanoTime(), addresses.ordered(), addresses.completeness());
  }

  @Override
  public void start(int number, Address address) {
    Attempt attempt = new Attempt(number, address);
    attempts.add(attempt);
    attempt.dial = network.dial(address, plan.sockets(), plan.transport(), attempt);
  }

  @Override
  public void cancel(int attempt) {
    requireNonNull(attempts.get(attempt).dial).cancel();
  }

  @Override
  public void armStagger(Duration delay) {
    staggerTimer = loop.schedule(delay, () -> race.staggerElapsed(loop.nanoTime()));
  }

  @Override
  public void disarmStagger() {
    requireNonNull(staggerTimer).cancel();
  }

  @Override
  public void tell(AttemptEvent event) {
    log.debug("{}: {}", plan.cluster(), event);
    events.add(event);
    receiver.onEvent(event);
  }

  @Override
  public void won(int attempt) {
    List<AttemptEvent> told = over();
    Attempt winner = attempts.get(attempt);
    receiver.onOutcome(new RaceOutcome.Won(requireNonNull(winner.channel), winner.address, told));
  }

  @Override
  public void failed(ConnectFailure failure) {
    List<AttemptEvent> told = over();
    receiver.onOutcome(new RaceOutcome.Failed(failure, told));
  }

  @Override
  public void cancelled() {
    var unused = over();
  }

  private List<AttemptEvent> over() {
    requireNonNull(connectTimer).cancel();
    List<AttemptEvent> told = List.copyOf(events);
    RaceReport report = new RaceReport(plan, requireNonNull(began), loop.nanoTime(), told);
    plan.pupil().onRace(report);
    listener.onRace(report);
    return told;
  }

  /** The answers to one attempt, handed on to the race. */
  private final class Attempt implements Network.Answer {
    private final int number;
    private final Address address;
    private Network.@Nullable Dial dial;
    private @Nullable Channel channel;

    Attempt(int number, Address address) {
      this.number = number;
      this.address = address;
    }

    @Override
    public void connected(Channel ready) {
      channel = ready;
      race.connected(loop.nanoTime(), number);
    }

    @Override
    public void failed(ConnectFailure failure) {
      race.failed(loop.nanoTime(), number, failure);
    }
  }
}
