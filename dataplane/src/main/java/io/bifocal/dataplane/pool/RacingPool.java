package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.connect.AttemptEvent;
import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.RaceOutcome;
import io.bifocal.dataplane.connect.RacePlanner;
import io.bifocal.dataplane.connect.RaceRunner;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The connections of one worker to one host. There are as many races as it takes to serve all who
 * wait, within the limits: one for each, where a connection has one use at a time. Whichever
 * connection is free first, new or used, serves the longest waiter. Of the idle ones the most
 * recently used is taken, so that the others can time out.
 *
 * <p>Source: Envoy's {@code ConnPoolImplBase} and its statistics.
 */
final class RacingPool implements ConnectionPool, PendingRequests.Owner {
  /** How often a connection is used. */
  enum Use {
    ONCE,
    AGAIN,
    /** Many times at once. */
    SHARED,
    /** As its handshake has it: {@link #SHARED} or {@link #AGAIN}. */
    AS_AGREED
  }

  private static final Ticket ANSWERED = () -> {};

  private final Use use;
  private final Loop loop;
  private final RaceRunner races;
  private final RacePlanner planner;
  private final PoolSettings settings;
  private final UpstreamStats stats;
  private final Session.Factory sessions;
  private final ReadyConnections ready;
  private final PendingRequests waiting;
  private final Deque<PooledConnection> connecting = new ArrayDeque<>();
  private final Set<PooledConnection> all = new LinkedHashSet<>();
  private Host host;
  private Runnable whenEmpty = () -> {};
  private Consumer<Duration> whenMeasured = roundTrip -> {};
  private boolean draining;
  // How many waiters a connection that is being made will serve.
  private int expected;

  RacingPool(
      Use use,
      Loop loop,
      RaceRunner races,
      RacePlanner planner,
      PoolSettings settings,
      UpstreamStats stats,
      Session.Factory sessions,
      Host host) {
    this.use = use;
    this.loop = loop;
    this.races = races;
    this.planner = planner;
    this.settings = settings;
    this.stats = stats;
    this.host = host;
    this.sessions = sessions;
    boolean sharing = use == Use.SHARED || use == Use.AS_AGREED;
    this.ready = new ReadyConnections(loop, settings.idleTimeout(), sharing);
    this.waiting = new PendingRequests(loop, settings.breakers().pendingRequests(), stats, this);
    this.expected = sharing ? most() : 1;
  }

  @Override
  public Ticket acquire(Waiter waiter) {
    loop.assertInLoop();
    if (draining) {
      waiter.onFailure(new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "the pool is draining"));
      return ANSWERED;
    }
    PooledConnection next = waiting.isEmpty() ? ready.poll() : null;
    if (next != null) {
      lend(next, waiter);
      connectAhead();
      return ANSWERED;
    }
    Ticket place = waiting.add(waiter);
    if (place == null) {
      overflow(waiter);
      tellIfEmpty();
      return ANSWERED;
    }
    connectForWaiters();
    connectAhead();
    return place;
  }

  @Override
  public void update(Host newer) {
    loop.assertInLoop();
    boolean expected = host.raced().completeness() == Completeness.MORE_TO_COME;
    host = newer; // first: whoever hears of a failure may ask again at once
    if (expected) {
      List.copyOf(connecting).forEach(connection -> connection.update(newer.raced()));
    }
  }

  @Override
  public void drain() {
    loop.assertInLoop();
    draining = true;
    closeWhatNobodyWaitsFor();
  }

  @Override
  public void close() {
    loop.assertInLoop();
    draining = true;
    waiting.eject(new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "the pool is closed"));
    List.copyOf(all).forEach(PooledConnection::close);
    ready.closeUnused();
  }

  @Override
  public void whenEmpty(Runnable then) {
    whenEmpty = then;
  }

  @Override
  public void whenMeasured(Consumer<Duration> then) {
    whenMeasured = then;
  }

  @Override
  public int size() {
    return all.size();
  }

  @Override
  public Load load() {
    int active = 0;
    long capacity = (long) connecting.size() * Math.max(1, expected);
    for (PooledConnection connection : all) {
      active += connection.users();
      capacity += connection.spare();
    }
    return new Load(waiting.size(), active, capacity);
  }

  @Override
  public boolean preconnect(double ratio) {
    loop.assertInLoop();
    return !draining && load().wantsMore(ratio, 1) && mayConnect() && connect();
  }

  // A few at a time: another request will come by.
  private void connectAhead() {
    double ratio = settings.preconnect();
    for (int i = 0; ratio > 1 && i < 3; i++) {
      if (!load().wantsMore(ratio, 0) || !mayConnect() || !connect()) {
        return;
      }
    }
  }

  // ---- told by the connections

  /** A race was won. */
  void connected(PooledConnection connection) {
    connecting.remove(connection);
    if (ready.isSharing() && settings.protocol().isMultiplexed(connection.channel())) {
      connection.share(sessions, Math.max(1, expected));
      ready.addShared(connection);
    } else {
      expected = 1;
      ready.addIdle(connection);
    }
    serve();
    ready.watch();
    connection.watchIfIdle();
  }

  /** A race was lost by all; whoever waits hears of it, as with Envoy. */
  void failed(PooledConnection connection, RaceOutcome.Failed outcome) {
    gone(connection);
    ConnectFailure failure = outcome.failure();
    Reason reason =
        switch (failure.kind()) {
          case REMOTE -> Reason.REMOTE_CONNECTION_FAILURE;
          case LOCAL, BIND -> Reason.LOCAL_CONNECTION_FAILURE;
          case TIMEOUT -> Reason.TIMEOUT;
        };
    waiting.eject(new PoolFailure(reason, failure.detail(), outcome.race()));
    connectForWaiters();
    closeWhatNobodyWaitsFor();
    tellIfEmpty();
  }

  /** A user is done with a connection that is fit for more. */
  void released(PooledConnection connection) {
    if (use == Use.ONCE || connection.isSpent()) {
      connection.close();
      return;
    }
    ready.push(connection);
    connection.watchIfIdle();
    if (waiting.isEmpty()) {
      closeWhatNobodyWaitsFor();
    } else {
      // Later: the one who released may be in the middle of a read on this very connection.
      loop.execute(this::serve);
    }
  }

  /** One of several who use a connection is done with it. */
  void left(PooledConnection connection) {
    if (connection.isUnused()) {
      if (connection.isSpent()) {
        connection.close();
      } else {
        ready.rest(connection);
        closeWhatNobodyWaitsFor();
      }
    }
    serveLater();
  }

  /** A connection knows its smoothed round trip. */
  void measured(Duration roundTrip) {
    whenMeasured.accept(roundTrip);
  }

  /** A shared connection has more room, or less; {@code limit} uses at once. */
  void roomChanged(int limit) {
    expected = Math.min(limit, most());
    serveLater();
  }

  private void serveLater() {
    if (!waiting.isEmpty()) {
      loop.execute(this::serve);
    }
  }

  /** A connection that was up is closed, for whatever reason. */
  void closed(PooledConnection connection) {
    ready.remove(connection);
    gone(connection);
    connectForWaiters();
    tellIfEmpty();
  }

  // ----

  @Override
  public void tellIfEmpty() {
    if (all.isEmpty() && waiting.isEmpty()) {
      ready.stopWatching();
      whenEmpty.run();
    }
  }

  private void gone(PooledConnection connection) {
    connecting.remove(connection);
    all.remove(connection);
    settings.breakers().connections().release();
  }

  // At once on one connection, whatever the peer says.
  private int most() {
    int streams = settings.maxConcurrentStreams();
    int uses = settings.maxRequestsPerConnection();
    return uses == 0 ? streams : Math.min(streams, uses);
  }

  private void connectForWaiters() {
    while (waiting.size() > (long) connecting.size() * Math.max(1, expected) && mayConnect()) {
      var unused = connect();
    }
  }

  /** Takes a place among the cluster's connections. */
  private boolean mayConnect() {
    int perHost = settings.breakers().thresholds().connectionsPerHost();
    boolean within = perHost == Integer.MAX_VALUE || host.stats().cxActive().value() < perHost;
    if (within && settings.breakers().connections().tryAcquire()) {
      return true;
    }
    stats.cxOverflow.inc();
    if (!all.isEmpty()) {
      return false;
    }
    // Other pools hold all connections: without one of its own this one would be stuck.
    settings.breakers().connections().acquire();
    return true;
  }

  private boolean connect() {
    PooledConnection connection = new PooledConnection(this, use, loop, settings, stats, host);
    connecting.addLast(connection);
    all.add(connection);
    connection.race(races, planner.plan(host, loop.nanoTime()).serving(settings.purpose()));
    return true;
  }

  private void serve() {
    while (!waiting.isEmpty()) {
      PooledConnection next = ready.poll();
      if (next == null) {
        if (ready.isSharing()) {
          connectForWaiters(); // those who were to share a connection may need one more
        }
        return;
      }
      lend(next, waiting.poll());
    }
    closeWhatNobodyWaitsFor();
  }

  // What is sent on an HTTP connection is counted by the router, which knows of retries. A TCP
  // connection is a request itself, as with Envoy.
  private void lend(PooledConnection connection, Waiter waiter) {
    if (use == Use.ONCE && !settings.breakers().requests().tryAcquire()) {
      ready.push(connection);
      overflow(waiter);
      return;
    }
    waiter.onReady(connection.lend());
  }

  private void overflow(Waiter waiter) {
    stats.rqPendingOverflow.inc();
    waiter.onFailure(new PoolFailure(Reason.OVERFLOW, ""));
  }

  // Who waits longest has the oldest race, though whichever is won serves him.
  @Override
  public List<AttemptEvent> attempts(long since) {
    PooledConnection oldest = connecting.peekFirst();
    return oldest == null ? List.of() : oldest.attempts(since);
  }

  @Override
  public void onWaiterCancelled() {
    if (use == Use.ONCE && connecting.size() > waiting.size()) {
      connecting.getLast().close();
    }
    closeWhatNobodyWaitsFor();
  }

  private void closeWhatNobodyWaitsFor() {
    if (!draining || !waiting.isEmpty()) {
      return;
    }
    ready.closeUnused();
    List.copyOf(connecting).forEach(PooledConnection::close);
  }
}
