package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceReport.Result;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.UpstreamConnection;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One request's race with its pools and timers: carries out what {@link GridRace} decides. */
final class RunningGrid implements GridRace.Commands, ConnectionPool.Ticket {
  private final Loop loop;
  private final Grid grid;
  private final ConnectionPool.Waiter waiter;
  private final GridRace race;
  private final @Nullable Origin origin;
  private final @Nullable RacePlan http3Plan;
  private final @Nullable Http3Lesson lesson;
  private final GridTimeline timeline;
  private final List<Asked> http3 = new ArrayList<>(2);
  private @Nullable Asked tcp;
  private final Map<GridRace.Timer, Loop.Timer> timers = new EnumMap<>(GridRace.Timer.class);
  // A pool may answer while it is asked, and the race is not reentrant.
  private final Deque<LongConsumer> answers = new ArrayDeque<>(2);
  private boolean stepping;
  private long stepAt; // when the step under way began: opening a connection takes its time
  private boolean answered;
  private boolean over;
  // What is told of it, where it did not come to its end within the call.
  private @Nullable RacePlan told;

  /**
   * @param http3Plan where HTTP/3 is tried, else null
   * @param origin whose HTTP/3 it is; null when it has none
   */
  RunningGrid(
      Loop loop,
      Grid grid,
      GridPlan plan,
      @Nullable RacePlan http3Plan,
      @Nullable Origin origin,
      ConnectionPool.Waiter waiter) {
    this.loop = loop;
    this.grid = grid;
    this.waiter = waiter;
    this.origin = origin;
    this.race = new GridRace(plan, this);
    this.http3Plan = http3Plan;
    this.timeline = new GridTimeline(loop.nanoTime());
    this.lesson = http3Plan == null ? null : new Http3Lesson(loop, http3Plan);
  }

  void begin() {
    step(now -> race.begin(timeline.beganAt()));
    if (!over) {
      told = grid.began(http3Plan);
    }
  }

  /** Whether the caller has its answer, and only HTTP/3 goes on. */
  boolean isAnswered() {
    return answered;
  }

  @Override
  public void cancel() {
    loop.assertInLoop();
    if (!answered) {
      giveUp();
    }
  }

  /** Whether addresses that come late are tried. */
  boolean takesAddresses() {
    return race.takesAddresses();
  }

  /** HTTP/3 is to be had at these addresses now. */
  void update(List<Address> ordered, Completeness expected) {
    step(now -> race.update(now, ordered, expected));
  }

  void giveUp() {
    step(race::cancel);
  }

  void tearDown(PoolFailure failure) {
    step(now -> race.tearDown(now, failure));
  }

  private void step(LongConsumer what) {
    answers.add(what);
    if (stepping) {
      return;
    }
    stepping = true;
    try {
      for (LongConsumer next = answers.poll(); next != null; next = answers.poll()) {
        stepAt = loop.nanoTime();
        next.accept(stepAt);
      }
    } finally {
      stepping = false;
    }
  }

  // ---- what the race commands

  @Override
  public void startHttp3(int attempt, Address address) {
    Asked asked = new Asked(new Http3Answer(attempt));
    http3.add(asked);
    var unused = asked.ask(grid.http3(address));
  }

  @Override
  public void cancelHttp3(int attempt) {
    http3.get(attempt).giveUp();
  }

  @Override
  public void startTcp() {
    tcp = new Asked(new TcpAnswer());
    var unused = tcp.ask(grid.tcp());
  }

  @Override
  public void cancelTcp() {
    Asked asked = requireNonNull(tcp);
    timeline.tcpSoFar(asked.attempts(timeline.beganAt()));
    asked.giveUp();
  }

  @Override
  public void arm(GridRace.Timer timer, Duration delay) {
    Duration left = delay.minusNanos(loop.nanoTime() - stepAt);
    timers.put(timer, loop.schedule(left, () -> step(now -> race.elapsed(now, timer))));
  }

  @Override
  public void disarm(GridRace.Timer timer) {
    requireNonNull(timers.get(timer)).cancel();
  }

  @Override
  public void tell(GridEvent event) {
    if (event instanceof GridEvent.Http3 of) {
      requireNonNull(lesson).tell(of.attempt());
    }
    timeline.tell(event);
    grid.tell(event);
  }

  @Override
  public void outcome(GridOutcome outcome) {
    answered = true;
    long now = loop.nanoTime();
    timeline.answered(now, outcome instanceof GridOutcome.Failed ? Result.FAILED : Result.WON);
    RaceReport waitedFor = told == null ? null : timeline.report(told, now, loop.wallTime());
    if (outcome instanceof GridOutcome.Failed failed) {
      waiter.onFailure(waitedFor == null ? failed.failure() : failed.failure().after(waitedFor));
    } else {
      UpstreamConnection won = winner(outcome).take();
      waiter.onReady(waitedFor == null ? won : won.after(waitedFor));
    }
    grid.answered(this);
  }

  private Asked winner(GridOutcome outcome) {
    return outcome instanceof GridOutcome.Http3 winner
        ? http3.get(winner.attempt())
        : requireNonNull(tcp);
  }

  @Override
  public void confirmed() {
    grid.confirmed(requireNonNull(origin));
  }

  @Override
  public void broken() {
    grid.broken(origin);
  }

  @Override
  public void over() {
    over = true;
    // A connection that was there already teaches nothing of addresses.
    if (lesson != null && (told != null || lesson.result() != Result.WON)) {
      var unused = lesson.learn();
    }
    for (int i = 0; i < http3.size(); i++) {
      http3.get(i).giveUp(); // what came when another served already
    }
    if (told != null) {
      grid.raced(timeline.report(told, loop.nanoTime(), loop.wallTime()));
    }
    grid.over(this);
  }

  private final class Http3Answer implements Asked.Answer {
    private final int attempt;

    Http3Answer(int attempt) {
      this.attempt = attempt;
    }

    @Override
    public void ready() {
      step(now -> race.http3Ready(now, attempt));
    }

    @Override
    public void failed(PoolFailure failure) {
      step(now -> race.http3Failed(now, attempt, failure));
    }
  }

  private final class TcpAnswer implements Asked.Answer {
    @Override
    public void ready() {
      step(this::tellReady);
    }

    @Override
    public void failed(PoolFailure failure) {
      step(now -> tellFailed(now, failure));
    }

    private void tellReady(long now) {
      UpstreamConnection ready = requireNonNull(tcp).ready();
      if (ready != null) { // else it was given up meanwhile
        timeline.tcpReady(ready, now);
      }
      race.tcpReady(now);
    }

    private void tellFailed(long now, PoolFailure failure) {
      RaceReport lost = failure.race();
      if (lost != null) {
        timeline.tcpRaced(lost);
      }
      race.tcpFailed(now, failure);
    }
  }
}
