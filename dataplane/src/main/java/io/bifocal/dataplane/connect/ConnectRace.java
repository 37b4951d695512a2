package io.bifocal.dataplane.connect;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.transport.TransportProtocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decisions of one race, and nothing else: no sockets, no clock, no threads. Whoever runs it
 * tells it what happened and when, and carries out what it commands.
 *
 * <p>The first address is tried at once; the next one when the stagger has passed, or as soon as
 * any attempt fails, whichever comes first. Attempts go on side by side until one is connected: it
 * wins, and the others are cancelled. Nothing but the connect timeout and the network itself ends
 * an attempt that is merely slow.
 *
 * <p>Not reentrant: commands are answered later, never from within {@link Commands}.
 *
 * <p>Source: RFC 8305 section 5; Envoy's {@code MultiConnectionBaseImpl}.
 */
public final class ConnectRace {
  /** Envoy's delay between attempts. */
  public static final Duration DEFAULT_STAGGER = Duration.ofMillis(300);

  private enum State {
    NEW,
    RUNNING,
    OVER
  }

  private final Pacing pacing;
  private final Commands commands;
  private List<Address> addresses;
  private Completeness completeness = Completeness.COMPLETE;
  private TransportProtocol over = TransportProtocol.TCP;

  private State state = State.NEW;
  private long beganAt;
  private long lastStartedAt;
  private int started;
  private int running;
  private boolean armed;
  private @Nullable BitSet failed; // made by the first failure: most races have none
  private @Nullable ConnectFailure lastFailure; // told when no address is to come any more

  /**
   * @param addresses in the order in which they are to be tried; at least one
   * @param pacing how long each attempt has the field to itself
   */
  public ConnectRace(List<Address> addresses, Pacing pacing, Commands commands) {
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("a race needs an address");
    }
    this.addresses = addresses;
    this.pacing = pacing;
    this.commands = commands;
  }

  /** More addresses are on their way: {@link #update} brings them. Before the race begins. */
  public ConnectRace expecting(Completeness expected) {
    completeness = expected;
    return this;
  }

  /** What its connections are made over, if not TCP. Before the race begins. */
  public ConnectRace over(TransportProtocol protocol) {
    over = protocol;
    return this;
  }

  /** Starts the first attempt. To be called once; {@code now} is the zero of all events' times. */
  public void begin(long now) {
    if (state != State.NEW) {
      throw new IllegalStateException("a race begins once");
    }
    state = State.RUNNING;
    beganAt = now;
    startNext(now, Cause.FIRST);
  }

  /**
   * The host's addresses are these now, because a resolver's other answer has come (RFC 8305
   * section 5). Those not tried yet take their turns. While more is to come, the race does not
   * fail: it waits, at most until the time is out. Without effect once the race is over.
   *
   * @param ordered all of them, in the order in which they would be tried
   */
  public void update(long now, List<Address> ordered, Completeness expected) {
    if (state != State.RUNNING) {
      return;
    }
    completeness = expected;
    List<Address> tried = addresses.subList(0, started);
    List<Address> all = new ArrayList<>(tried);
    all.addAll(pacing.order(AddressOrder.rest(tried, ordered)));
    addresses = all;
    if (started == addresses.size()) {
      disarm();
      failIfNothingIsLeft();
    } else if (running == 0) {
      startNext(now, Cause.PREVIOUS_FAILED);
    } else if (!armed) {
      resumeStagger(now);
    }
  }

  /** Whether all that is known has failed, and more is to come. */
  public boolean isWaitingForAddresses() {
    return state == State.RUNNING && running == 0;
  }

  /** The stagger timer fired. */
  public void staggerElapsed(long now) {
    if (state != State.RUNNING || !armed) {
      return;
    }
    armed = false;
    startNext(now, Cause.STAGGER);
  }

  /** The transport socket of an attempt is ready. */
  public void connected(long now, int attempt) {
    if (!isRunning(attempt)) {
      return;
    }
    state = State.OVER;
    disarm();
    commands.tell(new AttemptEvent.Won(attempt, addresses.get(attempt), now - beganAt));
    cancelAllBut(attempt, now, LossReason.ANOTHER_WON);
    commands.won(attempt);
  }

  /** An attempt failed; it holds nothing any more. */
  public void failed(long now, int attempt, ConnectFailure failure) {
    if (!isRunning(attempt)) {
      return;
    }
    forget(attempt);
    commands.tell(new AttemptEvent.Failed(attempt, addresses.get(attempt), now - beganAt, failure));
    if (started < addresses.size()) {
      disarm();
      startNext(now, Cause.PREVIOUS_FAILED);
    } else {
      lastFailure = failure;
      failIfNothingIsLeft();
    }
  }

  /** The caller lost interest. Without effect once the race is over. */
  public void cancel(long now) {
    if (state == State.RUNNING) {
      giveUp(now, LossReason.CANCELLED);
      commands.cancelled();
    }
  }

  /** The time for the whole race ran out. Without effect once the race is over. */
  public void timeOut(long now) {
    if (state == State.RUNNING) {
      giveUp(now, LossReason.TIMED_OUT);
      commands.failed(new ConnectFailure(Kind.TIMEOUT, ""));
    }
  }

  private void startNext(long now, Cause cause) {
    int attempt = started++;
    running++;
    Address address = addresses.get(attempt);
    commands.tell(new AttemptEvent.Started(attempt, address, now - beganAt, cause, over));
    commands.start(attempt, address);
    lastStartedAt = now;
    if (started < addresses.size()) {
      arm(pacing.after(attempt, address));
    }
  }

  /** There was nothing to wait for when the last attempt started; now there is. */
  private void resumeStagger(long now) {
    int last = started - 1;
    Duration left = pacing.after(last, addresses.get(last)).minusNanos(now - lastStartedAt);
    if (left.isNegative() || left.isZero()) {
      startNext(now, Cause.STAGGER);
    } else {
      arm(left);
    }
  }

  private void failIfNothingIsLeft() {
    if (running == 0 && completeness == Completeness.COMPLETE) {
      state = State.OVER;
      commands.failed(requireNonNull(lastFailure));
    }
  }

  private void arm(Duration delay) {
    armed = true;
    commands.armStagger(delay);
  }

  private void giveUp(long now, LossReason reason) {
    state = State.OVER;
    disarm();
    cancelAllBut(-1, now, reason);
  }

  private void cancelAllBut(int winner, long now, LossReason reason) {
    for (int attempt = 0; attempt < started; attempt++) {
      if (attempt != winner && (failed == null || !failed.get(attempt))) {
        commands.cancel(attempt);
        commands.tell(
            new AttemptEvent.Lost(attempt, addresses.get(attempt), now - beganAt, reason));
      }
    }
  }

  private void disarm() {
    if (armed) {
      armed = false;
      commands.disarmStagger();
    }
  }

  private boolean isRunning(int attempt) {
    return state == State.RUNNING && attempt < started && (failed == null || !failed.get(attempt));
  }

  private void forget(int attempt) {
    if (failed == null) {
      failed = new BitSet(addresses.size());
    }
    failed.set(attempt);
    running--;
  }

  /**
   * What a race asks of whoever runs it. Exactly one of {@link #won}, {@link #failed} and {@link
   * #cancelled} is called, and nothing after it.
   */
  public interface Commands {
    /** Connect; answer {@link ConnectRace#connected} or {@link ConnectRace#failed}, later. */
    void start(int attempt, Address address);

    /** Close the socket of an attempt now; answer nothing for it any more. */
    void cancel(int attempt);

    /** Call {@link ConnectRace#staggerElapsed} {@code delay} after this step's time. */
    void armStagger(Duration delay);

    void disarmStagger();

    /** Something happened to an attempt. */
    void tell(AttemptEvent event);

    /** The race is over: the caller gets this attempt's connection. */
    void won(int attempt);

    /** The race is over: every attempt failed and this is the last failure, or the time ran out. */
    void failed(ConnectFailure failure);

    /** The race is over because the caller said so. */
    void cancelled();
  }
}
