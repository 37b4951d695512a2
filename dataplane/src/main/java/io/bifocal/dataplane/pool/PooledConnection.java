package io.bifocal.dataplane.pool;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.RaceOutcome;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stream.ConnectionIds;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.HalfClose;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection from the beginning of its race until its socket is closed. */
final class PooledConnection implements UpstreamConnection, RaceOutcome.Receiver, Session.Listener {
  private enum State {
    RACING,
    IDLE,
    LENT,
    CLOSED
  }

  private final RacingPool pool;
  private final RacingPool.Use use;
  private final Loop loop;
  private final PoolSettings settings;
  private final UpstreamStats stats;
  private final Host host;
  private final ConnectionCharges charges;
  private final PooledChannel handler;
  private final long id = ConnectionIds.next();
  private State state = State.RACING;
  private RaceRunner.@Nullable Race race;
  private RaceOutcome.@Nullable Won won;
  private @Nullable Session session;
  private @Nullable TlsSession tls;
  private long idleSince;
  private Loop.@Nullable Timer age;
  private int uses;
  private int users;
  private boolean goingAway;

  PooledConnection(
      RacingPool pool,
      RacingPool.Use use,
      Loop loop,
      PoolSettings settings,
      UpstreamStats stats,
      Host host) {
    this.pool = pool;
    this.use = use;
    this.loop = loop;
    this.settings = settings;
    this.stats = stats;
    this.host = host;
    this.charges = new ConnectionCharges(use, loop, settings, stats, host);
    this.handler = new PooledChannel(this, stats);
  }

  // ---- the race

  void race(RaceRunner races, RacePlan plan) {
    race = races.run(plan, this);
  }

  /** The rest of a resolver's answer has come while the race goes on. */
  void update(AddressList addresses) {
    requireNonNull(race).update(addresses);
  }

  /** What has happened to its attempts so far; times are since then, on the loop's clock. */
  List<AttemptEvent> attempts(long since) {
    return requireNonNull(race).events(since);
  }

  @Override
  public void onEvent(AttemptEvent event) {
    if (event instanceof AttemptEvent.Started && event.attempt() > 0) {
      charges.attempt();
    } else if (event instanceof AttemptEvent.Failed failed
        && failed.failure().kind() == Kind.BIND) {
      stats.bindErrors.inc();
    }
  }

  @Override
  public void onOutcome(RaceOutcome outcome) {
    if (outcome instanceof RaceOutcome.Won ready) {
      connected(ready);
    } else if (outcome instanceof RaceOutcome.Failed failed) {
      if (failed.failure().kind() == Kind.TIMEOUT) {
        stats.cxConnectTimeout.inc();
      }
      neverConnected(failed.failure().kind() == Kind.REMOTE);
      pool.failed(this, failed);
    }
  }

  private void connected(RaceOutcome.Won ready) {
    won = ready;
    Channel channel = ready.channel();
    charges.connected(channel);
    int limit = settings.bufferLimit();
    if (limit > 0) {
      channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, limit));
    }
    tls = TlsSession.of(channel);
    channel.pipeline().addLast(handler);
    rest();
    if (!settings.maxDuration().isZero() && use != RacingPool.Use.ONCE) {
      age = loop.schedule(settings.maxDuration(), this::onMaxDuration);
    }
    pool.connected(this);
  }

  private void onMaxDuration() {
    age = null;
    stats.cxMaxDuration.inc();
    goingAway = true;
    if (isUnused()) {
      close();
    }
  }

  private void neverConnected(boolean byPeer) {
    charges.failed();
    countEnd(byPeer, false);
  }

  // ---- its life in the pool

  /** Nobody uses it: from now on all that can come from the peer is its end. */
  private void rest() {
    if (state == State.LENT) {
      charges.givenBack();
    }
    users = 0;
    state = State.IDLE;
    idleSince = loop.nanoTime();
  }

  /**
   * Lets the peer's end be noticed while there is no user who reads; not where the peer may speak
   * first, to whoever comes.
   */
  void watchIfIdle() {
    if (state == State.IDLE && use != RacingPool.Use.ONCE) {
      channel().config().setAutoRead(true);
    }
  }

  /** Whether it can be lent; if not, its end is about to be told. */
  boolean isUp() {
    return channel().isActive();
  }

  long idleSince() {
    return idleSince;
  }

  UpstreamConnection lend() {
    state = State.LENT;
    uses++;
    users++;
    if (usedUp()) {
      stats.cxMaxRequests.inc();
    }
    charges.lent();
    return session == null ? this : new SharedUse(this);
  }

  /** Whether the present use is the last one. */
  boolean usedUp() {
    return settings.maxRequestsPerConnection() > 0 && uses >= settings.maxRequestsPerConnection();
  }

  // ---- shared by many

  /** From now on it has as many uses at once as there is room for. */
  void share(Session.Factory sessions, int limit) {
    session = sessions.start(channel(), loop, settings.http2(), limit, stats, this);
    channel().config().setAutoRead(true);
  }

  /** How many more uses it can take now. */
  int room() {
    int max = settings.maxRequestsPerConnection();
    int room = goingAway || session == null ? 0 : session.room();
    return max == 0 ? room : Math.min(room, max - uses);
  }

  /** Whether it is up and nobody uses it. */
  boolean isUnused() {
    return state == State.IDLE;
  }

  /** How many uses are under way. */
  int users() {
    return state == State.LENT ? users : 0;
  }

  /** How many more uses there could be at once; none while it is being made. */
  long spare() {
    if (state == State.RACING || state == State.CLOSED || goingAway) {
      return 0;
    }
    return session == null ? (state == State.IDLE ? 1 : 0) : room();
  }

  /** Whether nothing new begins on it. */
  boolean isSpent() {
    return goingAway || usedUp();
  }

  /** One of those who use it is done. */
  void left() {
    loop.assertInLoop();
    users--;
    if (users == 0 && state == State.LENT) {
      rest();
    }
    if (state != State.CLOSED) {
      pool.left(this);
    }
  }

  @Override
  public void onRoom() {
    pool.roomChanged(requireNonNull(session).limit());
  }

  @Override
  public void onGoingAway() {
    if (!goingAway && state != State.CLOSED) {
      goingAway = true;
      stats.cxCloseNotify.inc();
      if (isUnused()) {
        close();
      }
    }
  }

  @Override
  public void onRoundTrip(Duration smoothed) {
    pool.measured(smoothed);
  }

  /** Told by the session, or by whoever has the connection alone. */
  @Override
  public void onProtocolError() {
    goingAway = true;
    stats.cxProtocolError.inc();
  }

  // ----

  void timedOutIdle() {
    stats.cxIdleTimeout.inc();
    close();
  }

  /** Ends it, whatever it is doing. */
  void close() {
    switch (state) {
      case RACING -> {
        requireNonNull(race).cancel();
        neverConnected(false);
        pool.closed(this);
      }
      case IDLE, LENT -> {
        end(endedByPeer());
        var unused = channel().close();
      }
      case CLOSED -> {}
    }
  }

  /** Whether both directions had ended before we closed, as those of a TCP proxy mostly do. */
  private boolean endedByPeer() {
    return !handler.closedByUs() && HalfClose.bothEnded(channel());
  }

  // Netty tells of a closed channel a turn of the loop later; who closes one need not wait for it.
  private void end(boolean byPeer) {
    countEnd(byPeer, state == State.LENT);
    pool.closed(this);
  }

  private void countEnd(boolean byPeer, boolean inUse) {
    state = State.CLOSED;
    if (age != null) {
      age.cancel();
      age = null;
    }
    charges.ended(byPeer, uses, inUse);
  }

  // ---- what its user sees

  @Override
  public Channel channel() {
    return requireNonNull(won).channel();
  }

  @Override
  public Host host() {
    return host;
  }

  @Override
  public Address remoteAddress() {
    return requireNonNull(won).address();
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public @Nullable TlsSession tls() {
    return tls;
  }

  @Override
  public RaceReport race() {
    return requireNonNull(won).race();
  }

  @Override
  public void release() {
    loop.assertInLoop();
    if (state == State.LENT) {
      rest();
      pool.released(this);
    }
  }

  @Override
  public void retire() {
    loop.assertInLoop();
    if (state == State.LENT) {
      stats.cxCloseNotify.inc();
      rest();
      close();
    }
  }

  @Override
  public void discard() {
    loop.assertInLoop();
    if (state == State.LENT) {
      close();
    }
  }

  // ---- told by its channel

  /** Whether nobody has asked for what comes. */
  boolean expectsNothing() {
    return state == State.IDLE && session == null;
  }

  /** Its end has come, or is certain. */
  void onClosed(boolean byPeer) {
    if (state != State.CLOSED) {
      end(byPeer);
    }
  }
}
