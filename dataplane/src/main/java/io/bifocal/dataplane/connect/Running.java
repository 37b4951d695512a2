package io.bifocal.dataplane.connect;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.RaceReport.Result;
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
  private long beganAt;
  private long stepAt; // when the step under way began: opening a socket takes its time
  private long lateness = -1;
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
        new ConnectRace(plan.addresses(), plan.pacing(), this)
            .expecting(plan.completeness())
            .over(plan.transport().over());
  }

  void begin() {
    RaceLog.began(plan);
    listener.onBegin(plan);
    began = loop.wallTime();
    connectTimer = loop.schedule(plan.connectTimeout(), () -> race.timeOut(step()));
    beganAt = step();
    race.begin(beganAt);
  }

  private long step() {
    stepAt = loop.nanoTime();
    return stepAt;
  }

  @Override
  public void cancel() {
    loop.assertInLoop();
    race.cancel(step());
  }

  @Override
  public void update(AddressList addresses) {
    loop.assertInLoop();
    log.debug("{}: the addresses are now {}", plan.cluster(), addresses.ordered());
    race.update(step(), addresses.ordered(), addresses.completeness());
  }

  @Override
  public List<AttemptEvent> events(long since) {
    loop.assertInLoop();
    long offset = beganAt - since;
    return events.stream()
        .map(event -> event.as(event.attempt(), event.atNanos() + offset))
        .toList();
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
    long due = stepAt + delay.toNanos();
    Duration left = Duration.ofNanos(due - loop.nanoTime());
    staggerTimer = loop.schedule(left, () -> staggerElapsed(due));
  }

  private void staggerElapsed(long due) {
    long now = step();
    lateness = Math.max(lateness, now - due);
    race.staggerElapsed(now);
  }

  @Override
  public void disarmStagger() {
    requireNonNull(staggerTimer).cancel();
  }

  @Override
  public void tell(AttemptEvent event) {
    RaceLog.tell(plan, event);
    events.add(event);
    receiver.onEvent(event);
    listener.onEvent(plan, event);
  }

  @Override
  public void won(int attempt) {
    RaceReport told = over(Result.WON);
    Attempt winner = attempts.get(attempt);
    receiver.onOutcome(new RaceOutcome.Won(requireNonNull(winner.channel), winner.address, told));
  }

  @Override
  public void failed(ConnectFailure failure) {
    RaceReport told = over(failure.kind() == Kind.TIMEOUT ? Result.TIMED_OUT : Result.FAILED);
    receiver.onOutcome(new RaceOutcome.Failed(failure, told));
  }

  @Override
  public void cancelled() {
    var unused = over(Result.CANCELLED);
  }

  private RaceReport over(Result result) {
    requireNonNull(connectTimer).cancel();
    long now = loop.nanoTime();
    RaceReport report =
        new RaceReport(
            plan, result, requireNonNull(began), now, now - beganAt, lateness, List.copyOf(events));
    RaceLog.ended(report);
    plan.pupil().onRace(report);
    listener.onRace(report);
    return report;
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
      race.connected(step(), number);
    }

    @Override
    public void failed(ConnectFailure failure) {
      race.failed(step(), number, failure);
    }
  }
}
