package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.ConnectRace;
import io.bifocal.dataplane.grid.GridEvent.Cause;
import io.bifocal.dataplane.grid.GridPlan.Start;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decisions for one request's connection, and nothing else: no sockets, no clock, no threads.
 * Whoever runs it tells it what happened and when, and carries out what it commands.
 *
 * <p>HTTP/3 over the first two addresses is a {@link ConnectRace}: the second is tried when the
 * first has failed or has had its time. TCP begins when HTTP/3 has had its time, or as soon as all
 * of it that is known has failed; an address that a resolver brings later is tried then. Whoever is
 * ready first serves. When HTTP/3 is, TCP is given up; when TCP is, HTTP/3 goes on to its end, so
 * that it serves later requests or is known to be broken. It is broken when TCP is up, every
 * attempt at HTTP/3 has failed and no address is to come, in whichever order.
 *
 * <p>Not reentrant: commands are answered later, never from within {@link Commands}.
 *
 * <p>Source: Envoy's {@code ConnectivityGrid}.
 */
public final class GridRace {
  /** Two independent timers, each armed at most once at a time. */
  public enum Timer {
    /** For the second attempt at HTTP/3. */
    STAGGER,
    /** For TCP. */
    FALLBACK
  }

  /** At HTTP/3: two of one family most often fail together. */
  private static final int MOST_ATTEMPTS = 2;

  private enum State {
    NEW,
    /** Nobody serves yet. */
    RACING,
    /** TCP serves; HTTP/3 goes on. */
    SERVED,
    OVER
  }

  private enum Tcp {
    WAITING,
    RUNNING,
    UP,
    FAILED,
    GIVEN_UP
  }

  private enum Http3 {
    /** It is not tried. */
    NONE,
    RACING,
    UP,
    FAILED
  }

  private final GridPlan plan;
  private final Commands commands;
  private final @Nullable ConnectRace race;

  private final List<Address> tried = new ArrayList<>(MOST_ATTEMPTS);
  private State state = State.NEW;
  private Tcp tcp = Tcp.WAITING;
  private Http3 http3 = Http3.NONE;
  private boolean fallbackArmed;
  private long beganAt;
  private long now; // of the step under way
  private @Nullable PoolFailure tcpFailure;
  private @Nullable PoolFailure http3Failure; // the last one

  GridRace(GridPlan plan, Commands commands) {
    this.plan = plan;
    this.commands = commands;
    this.race =
        plan.http3().isEmpty()
            ? null
            : new ConnectRace(plan.http3(), plan.pacing(), new Http3Commands())
                .expecting(plan.completeness())
                .over(TransportProtocol.QUIC);
  }

  /** Starts what is first. To be called once; {@code time} is the zero of all events' times. */
  void begin(long time) {
    if (state != State.NEW) {
      throw new IllegalStateException("a race begins once");
    }
    state = State.RACING;
    beganAt = time;
    now = time;
    if (race == null) {
      startTcp(Cause.ALONE);
      return;
    }
    http3 = Http3.RACING;
    if (plan.start() == Start.HTTP3_FIRST) {
      fallbackArmed = true;
      commands.arm(Timer.FALLBACK, plan.fallbackDelay());
    }
    race.begin(time);
    if (plan.start() == Start.TOGETHER) {
      startTcp(Cause.FAILED_RECENTLY);
    }
  }

  /**
   * HTTP/3 is to be had at these addresses now, because a resolver's other answer has come. Those
   * not tried yet take their turns, as long as two are tried in all.
   */
  void update(long time, List<Address> ordered, Completeness expected) {
    if (takesAddresses()) {
      now = time;
      List<Address> others = new ArrayList<>(ordered);
      others.removeAll(tried);
      int room = Math.min(others.size(), MOST_ATTEMPTS - tried.size());
      requireNonNull(race).update(time, others.subList(0, room), expected);
    }
  }

  /** Whether HTTP/3 still races. */
  boolean takesAddresses() {
    return http3 == Http3.RACING && state != State.OVER;
  }

  /** A timer fired. Of two that are due at one moment TCP's is first, whichever fires first. */
  void elapsed(long time, Timer timer) {
    now = time;
    if (timer == Timer.FALLBACK && fallbackArmed) {
      fallbackArmed = false;
      startTcp(Cause.DELAY);
    } else if (timer == Timer.STAGGER) {
      if (fallbackArmed && sinceBegin() >= plan.fallbackDelay().toNanos()) {
        startTcp(Cause.DELAY);
      }
      requireNonNull(race).staggerElapsed(time);
    }
  }

  /** There is a connection of HTTP/3. */
  void http3Ready(long time, int attempt) {
    now = time;
    requireNonNull(race).connected(time, attempt);
  }

  /** An attempt at HTTP/3 failed; it holds nothing any more. */
  void http3Failed(long time, int attempt, PoolFailure failure) {
    now = time;
    http3Failure = failure;
    ConnectRace racing = requireNonNull(race);
    racing.failed(time, attempt, reason(failure));
    if (racing.isWaitingForAddresses() && tcp == Tcp.WAITING) {
      startTcp(Cause.HTTP3_FAILED);
    }
  }

  /** There is a connection over TCP. */
  void tcpReady(long time) {
    if (tcp != Tcp.RUNNING) {
      return;
    }
    now = time;
    tcp = Tcp.UP;
    commands.tell(new GridEvent.TcpReady(sinceBegin()));
    if (http3 == Http3.FAILED || plan.start() == Start.TCP_AFTER_HTTP3) {
      broken();
    }
    state = http3 == Http3.RACING ? State.SERVED : State.OVER;
    commands.outcome(new GridOutcome.Tcp());
    if (state == State.OVER) {
      commands.over();
    }
  }

  /** TCP failed. */
  void tcpFailed(long time, PoolFailure failure) {
    if (tcp != Tcp.RUNNING) {
      return;
    }
    now = time;
    tcp = Tcp.FAILED;
    tcpFailure = failure;
    commands.tell(new GridEvent.TcpFailed(sinceBegin(), failure));
    if (http3 != Http3.RACING) {
      fail(failure);
    }
  }

  /** The caller lost interest, or, once it is served, nobody needs HTTP/3 any more. */
  void cancel(long time) {
    if (state == State.RACING || state == State.SERVED) {
      now = time;
      end(LossReason.CANCELLED);
      commands.over();
    }
  }

  /** The pools go away: whoever waits gets this failure. */
  void tearDown(long time, PoolFailure failure) {
    boolean waiting = state == State.RACING;
    if (waiting || state == State.SERVED) {
      now = time;
      end(LossReason.CANCELLED);
      if (waiting) {
        commands.outcome(new GridOutcome.Failed(failure));
      }
      commands.over();
    }
  }

  private void startTcp(Cause cause) {
    disarmFallback();
    tcp = Tcp.RUNNING;
    commands.tell(new GridEvent.TcpStarted(sinceBegin(), cause));
    commands.startTcp();
  }

  private void http3Won(int attempt) {
    http3 = Http3.UP;
    commands.confirmed();
    if (state == State.RACING) {
      end(LossReason.ANOTHER_WON);
      commands.outcome(new GridOutcome.Http3(attempt));
    }
    state = State.OVER;
    commands.over();
  }

  private void http3Lost() {
    http3 = Http3.FAILED;
    switch (tcp) {
      case WAITING -> startTcp(Cause.HTTP3_FAILED);
      case RUNNING, GIVEN_UP -> {} // it decides, or nothing is left to decide
      case FAILED -> fail(both(requireNonNull(http3Failure), requireNonNull(tcpFailure)));
      case UP -> {
        broken();
        state = State.OVER;
        commands.over();
      }
    }
  }

  private void broken() {
    commands.tell(new GridEvent.Http3Broken(sinceBegin()));
    commands.broken();
  }

  private void fail(PoolFailure failure) {
    state = State.OVER;
    commands.outcome(new GridOutcome.Failed(failure));
    commands.over();
  }

  private void end(LossReason reason) {
    state = State.OVER;
    disarmFallback();
    if (race != null) {
      race.cancel(now); // without effect when it has won
    }
    if (tcp == Tcp.RUNNING) {
      tcp = Tcp.GIVEN_UP;
      commands.cancelTcp();
      commands.tell(new GridEvent.TcpLost(sinceBegin(), reason));
    }
  }

  private void disarmFallback() {
    if (fallbackArmed) {
      fallbackArmed = false;
      commands.disarm(Timer.FALLBACK);
    }
  }

  private long sinceBegin() {
    return now - beganAt;
  }

  /** The last failure, in Envoy's words for the one before. */
  private static PoolFailure both(PoolFailure last, PoolFailure earlier) {
    String detail =
        "%s (with earlier TCP attempt failure reason %d, %s)"
            .formatted(last.detail(), number(earlier.reason()), earlier.detail());
    return new PoolFailure(last.reason(), detail, last.race());
  }

  private static int number(PoolFailure.Reason reason) {
    return switch (reason) {
      case OVERFLOW -> 0;
      case LOCAL_CONNECTION_FAILURE -> 1;
      case REMOTE_CONNECTION_FAILURE -> 2;
      case TIMEOUT -> 3;
    };
  }

  private static ConnectFailure reason(PoolFailure failure) {
    Kind kind =
        switch (failure.reason()) {
          case REMOTE_CONNECTION_FAILURE -> Kind.REMOTE;
          case TIMEOUT -> Kind.TIMEOUT;
          case LOCAL_CONNECTION_FAILURE, OVERFLOW -> Kind.LOCAL;
        };
    return new ConnectFailure(kind, failure.detail());
  }

  /** What the race of HTTP/3 commands. */
  private final class Http3Commands implements ConnectRace.Commands {
    @Override
    public void start(int attempt, Address address) {
      tried.add(address);
      commands.startHttp3(attempt, address);
    }

    @Override
    public void cancel(int attempt) {
      commands.cancelHttp3(attempt);
    }

    @Override
    public void armStagger(Duration delay) {
      commands.arm(Timer.STAGGER, delay);
    }

    @Override
    public void disarmStagger() {
      commands.disarm(Timer.STAGGER);
    }

    @Override
    public void tell(AttemptEvent event) {
      commands.tell(new GridEvent.Http3(event));
    }

    @Override
    public void won(int attempt) {
      http3Won(attempt);
    }

    @Override
    public void failed(ConnectFailure failure) {
      http3Lost();
    }

    @Override
    public void cancelled() {}
  }

  /**
   * What a race asks of whoever runs it. {@link #outcome} is called once unless the race is
   * cancelled; {@link #over} is called once in any case, and nothing after it.
   */
  interface Commands {
    /** Ask for HTTP/3 at an address; answer, later. */
    void startHttp3(int attempt, Address address);

    /** Give an attempt up; answer nothing for it any more. */
    void cancelHttp3(int attempt);

    /** Ask for a connection over TCP; answer, later. */
    void startTcp();

    void cancelTcp();

    /** Call {@link GridRace#elapsed} {@code delay} after this step's time. */
    void arm(Timer timer, Duration delay);

    void disarm(Timer timer);

    /** Something happened. */
    void tell(GridEvent event);

    /** What the caller gets. A connection that comes up later goes to its pool. */
    void outcome(GridOutcome outcome);

    /** HTTP/3 works. */
    void confirmed();

    /** HTTP/3 does not work where TCP does. */
    void broken();

    /** Nothing runs any more. */
    void over();
  }
}
