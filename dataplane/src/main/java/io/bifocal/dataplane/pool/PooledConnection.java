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
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stream.ConnectionIds;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.HalfClose;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection from the beginning of its race until its socket is closed; the first handler on its
 * channel, where it counts bytes and notices the end.
 */
final class PooledConnection extends ChannelDuplexHandler
    implements UpstreamConnection, RaceOutcome.Receiver, Session.Listener {
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
  private final Cell hostCxActive;
  private final long madeAt;
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
  private boolean closedByUs;
  private boolean broken;

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
    this.hostCxActive = host.stats().cxActive().at(stats.shard);
    this.madeAt = loop.nanoTime();
    countAttempt();
    stats.cxActive.inc();
    hostCxActive.inc();
    if (use == RacingPool.Use.AGAIN) {
      stats.cxHttp1Total.inc();
    } else if (use == RacingPool.Use.SHARED) {
      boolean http3 = settings.protocol() == ApplicationProtocol.HTTP_3;
      (http3 ? stats.cxHttp3Total : stats.cxHttp2Total).inc();
    }
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
      countAttempt();
    } else if (event instanceof AttemptEvent.Failed failed
        && failed.failure().kind() == Kind.BIND) {
      stats.bindErrors.inc();
    }
  }

  // As Envoy: once for the connection, and once more for every attempt after the first.
  private void countAttempt() {
    stats.cxTotal.inc();
    host.stats().cxTotal().at(stats.shard).inc();
  }

  @Override
  public void onOutcome(RaceOutcome outcome) {
    if (outcome instanceof RaceOutcome.Won ready) {
      won = ready;
      stats.cxConnectMs.record(stats.shard, sinceMade());
      Channel channel = ready.channel();
      if (settings.bufferLimit() > 0) {
        channel
            .config()
            .setWriteBufferWaterMark(
                new WriteBufferWaterMark(settings.bufferLimit() / 2, settings.bufferLimit()));
      }
      tls = TlsSession.of(channel);
      channel.pipeline().addLast(this);
      if (use == RacingPool.Use.AS_AGREED) {
        boolean http2 = settings.protocol().isHttp2(channel);
        (http2 ? stats.cxHttp2Total : stats.cxHttp1Total).inc();
      }
      rest();
      if (!settings.maxDuration().isZero() && use != RacingPool.Use.ONCE) {
        age = loop.schedule(settings.maxDuration(), this::onMaxDuration);
      }
      pool.connected(this);
    } else if (outcome instanceof RaceOutcome.Failed failed) {
      boolean timedOut = failed.failure().kind() == Kind.TIMEOUT;
      if (timedOut) {
        stats.cxConnectTimeout.inc();
      }
      neverConnected(failed.failure().kind() == Kind.REMOTE);
      pool.failed(this, failed);
    }
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
    stats.cxConnectFail.inc();
    host.stats().cxConnectFail().at(stats.shard).inc();
    countEnd(byPeer, false);
  }

  // ---- its life in the pool

  /** Nobody uses it: from now on all that can come from the peer is its end. */
  private void rest() {
    if (state == State.LENT) {
      unlend();
    }
    users = 0;
    state = State.IDLE;
    idleSince = loop.nanoTime();
  }

  /** Lets the peer's end be noticed while there is no user who reads. */
  void watchIfIdle() {
    if (state == State.IDLE) {
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
    if (use == RacingPool.Use.ONCE) {
      stats.rqTotal.inc();
      stats.rqActive.inc();
      host.stats().rqTotal().at(stats.shard).inc();
      host.stats().rqActive().at(stats.shard).inc();
    }
    return session == null ? this : new SharedUse(this);
  }

  private void unlend() {
    if (use == RacingPool.Use.ONCE) {
      stats.rqActive.dec();
      host.stats().rqActive().at(stats.shard).dec();
      settings.breakers().requests().release();
    }
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
    return !closedByUs && HalfClose.bothEnded(channel());
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
    stats.cxActive.dec();
    hostCxActive.dec();
    stats.cxLengthMs.record(stats.shard, sinceMade());
    stats.cxDestroy.inc();
    (byPeer ? stats.cxDestroyRemote : stats.cxDestroyLocal).inc();
    if (use != RacingPool.Use.ONCE && uses > 0) {
      stats.rqPerCx.record(stats.shard, uses);
    }
    if (inUse) {
      unlend();
      stats.cxDestroyWithActiveRq.inc();
      (byPeer ? stats.cxDestroyRemoteWithActiveRq : stats.cxDestroyLocalWithActiveRq).inc();
    }
  }

  private long sinceMade() {
    return TimeUnit.NANOSECONDS.toMillis(loop.nanoTime() - madeAt);
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

  // ---- the channel

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes) {
      stats.cxRxBytesTotal.add(bytes.readableBytes());
    }
    if (state == State.IDLE && session == null) {
      // An answer to nothing: what would come next is anybody's guess.
      ReferenceCountUtil.release(message);
      stats.cxProtocolError.inc();
      close();
      return;
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes) {
      stats.cxTxBytesTotal.add(bytes.readableBytes());
    }
    var unused = ctx.write(message, promise);
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    closedByUs = !broken;
    var unused = ctx.close(promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state != State.CLOSED) {
      end(!closedByUs);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (state == State.IDLE) {
      end(true);
      var unused = ctx.close();
      return;
    }
    broken = true; // by the peer, or on the way: our users' faults do not come this way
    ctx.fireExceptionCaught(cause);
  }
}
