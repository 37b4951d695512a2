package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request's race with its pools and timers: carries out what {@link GridRace} decides. */
final class RunningGrid implements GridRace.Commands, ConnectionPool.Ticket {
  private final Loop loop;
  private final Grid grid;
  private final ConnectionPool.Waiter waiter;
  private final GridRace race;
  private final @Nullable Origin origin;
  private final @Nullable Http3Lesson lesson;
  private final List<Asked> http3 = new ArrayList<>(2);
  private @Nullable Asked tcp;
  private final Map<GridRace.Timer, Loop.Timer> timers = new EnumMap<>(GridRace.Timer.class);
  // A pool may answer while it is asked, and the race is not reentrant.
  private final Deque<Runnable> answers = new ArrayDeque<>(2);
  private boolean stepping;
  private boolean answered;

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
    this.lesson = http3Plan == null ? null : new Http3Lesson(loop, http3Plan);
  }

  void begin() {
    step(() -> race.begin(loop.nanoTime()));
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

  void giveUp() {
    step(() -> race.cancel(loop.nanoTime()));
  }

  void tearDown(PoolFailure failure) {
    step(() -> race.tearDown(loop.nanoTime(), failure));
  }

  private void step(Runnable what) {
    answers.add(what);
    if (stepping) {
      return;
    }
    stepping = true;
    for (Runnable next = answers.poll(); next != null; next = answers.poll()) {
      next.run();
    }
    stepping = false;
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
    requireNonNull(tcp).giveUp();
  }

  @Override
  public void arm(GridRace.Timer timer, Duration delay) {
    timers.put(timer, loop.schedule(delay, () -> step(() -> race.elapsed(loop.nanoTime(), timer))));
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
    grid.tell(event);
  }

  @Override
  public void outcome(GridOutcome outcome) {
    answered = true;
    if (outcome instanceof GridOutcome.Http3 winner) {
      waiter.onReady(http3.get(winner.attempt()).take());
    } else if (outcome instanceof GridOutcome.Failed failed) {
      waiter.onFailure(failed.failure());
    } else {
      waiter.onReady(requireNonNull(tcp).take());
    }
    grid.answered(this);
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
    if (lesson != null) {
      lesson.learn();
    }
    for (int i = 0; i < http3.size(); i++) {
      http3.get(i).giveUp(); // what came when another served already
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
      step(() -> race.http3Ready(loop.nanoTime(), attempt));
    }

    @Override
    public void failed(PoolFailure failure) {
      step(() -> race.http3Failed(loop.nanoTime(), attempt, failure));
    }
  }

  private final class TcpAnswer implements Asked.Answer {
    @Override
    public void ready() {
      step(() -> race.tcpReady(loop.nanoTime()));
    }

    @Override
    public void failed(PoolFailure failure) {
      step(() -> race.tcpFailed(loop.nanoTime(), failure));
    }
  }
}
