package io.bifocal.dataplane.grid;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.connect.Pacing;
import io.bifocal.dataplane.connect.RaceListener;
import io.bifocal.dataplane.connect.RacePlan;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceReport;
import io.bifocal.dataplane.grid.GridPlan.Start;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.pool.Http3Use;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one worker to one host by HTTP/3 and over TCP. Each request races for its own,
 * which is over at once where a connection is there.
 *
 * <p>Source: Envoy's {@code ConnectivityGrid}.
 */
public final class Grid implements ConnectionPool {
  private static final Ticket ANSWERED = () -> {};

  private final Loop loop;
  private final GridSettings settings;
  private final GridPools pools;
  private final Consumer<GridEvent> events;
  private final RaceListener listener;
  private final Map<Address, ConnectionPool> http3 = new LinkedHashMap<>(2);
  private final List<ConnectionPool> retired = new ArrayList<>(0);
  private final Set<RunningGrid> running = new LinkedHashSet<>();
  private @Nullable ConnectionPool tcp;
  private Host host;
  private @Nullable Origin origin;
  private Runnable whenEmpty = () -> {};
  private boolean draining;
  private boolean drained;

  /**
   * @param events hears of every event of every request
   * @param listener hears of every request that did not find a connection, as of a race
   */
  public Grid(
      Loop loop,
      GridSettings settings,
      GridPools pools,
      Host host,
      Consumer<GridEvent> events,
      RaceListener listener) {
    this.loop = loop;
    this.settings = settings;
    this.pools = pools;
    this.host = host;
    this.events = events;
    this.listener = listener;
    this.origin = origin();
  }

  private @Nullable Origin origin() {
    return host.primary() instanceof Address.Ip ip
        ? Origin.of(settings.sni(), host.hostname(), ip.port())
        : null;
  }

  // ---- a request

  @Override
  public Ticket acquire(Waiter waiter) {
    return acquire(waiter, Http3Use.ALLOWED);
  }

  @Override
  public Ticket acquire(Waiter waiter, Http3Use use) {
    loop.assertInLoop();
    if (draining) {
      waiter.onFailure(new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "the pool is draining"));
      return ANSWERED;
    }
    Origin whom = origin;
    Start start = start(use, whom);
    if (start == Start.TCP_ONLY || start == Start.TCP_AFTER_HTTP3) {
      return begin(new RunningGrid(loop, this, GridPlan.tcp(start), null, whom, waiter));
    }
    RacePlan http3Plan = http3Plan(addresses());
    GridPlan plan = plan(http3Plan, start, requireNonNull(whom));
    Ticket ticket = begin(new RunningGrid(loop, this, plan, http3Plan, whom, waiter));
    retry(http3Plan);
    return ticket;
  }

  private RacePlan http3Plan(List<Address> addresses) {
    return settings.planner().plan(Http3Addresses.among(host, addresses), now());
  }

  private Ticket begin(RunningGrid race) {
    running.add(race);
    race.begin();
    return race.isAnswered() ? ANSWERED : race;
  }

  private Start start(Http3Use use, @Nullable Origin whom) {
    if (use == Http3Use.FAILED) {
      return Start.TCP_AFTER_HTTP3;
    }
    if (use == Http3Use.FORBIDDEN
        || whom == null
        || isOverdue()
        || addresses().isEmpty()
        || !settings.cache().offersHttp3(whom)) {
      return Start.TCP_ONLY;
    }
    Http3Status status = settings.cache().status(whom).at(now());
    if (status instanceof Http3Status.Broken) {
      return Start.TCP_ONLY;
    }
    boolean known = status instanceof Http3Status.Confirmed;
    return status instanceof Http3Status.FailedRecently || (!known && settings.noTcpDelay())
        ? Start.TOGETHER
        : Start.HTTP3_FIRST;
  }

  /**
   * Whether TCP serves one who still waits for HTTP/3: nobody else waits with him, and what he
   * finds holds for all.
   */
  private boolean isOverdue() {
    for (RunningGrid race : running) {
      if (race.isAnswered()) {
        return true;
      }
    }
    return false;
  }

  /** Where the round trip is known, twice that is enough for HTTP/3 alone. */
  private GridPlan plan(RacePlan http3Plan, Start start, Origin whom) {
    Duration roundTrip = settings.cache().roundTrip(whom);
    if (roundTrip.isZero()) {
      return new GridPlan(
          http3Plan.addresses(),
          http3Plan.completeness(),
          http3Plan.pacing(),
          start,
          settings.delay());
    }
    Duration delay = roundTrip.multipliedBy(2);
    Pacing pacing = (attempt, address) -> delay;
    return new GridPlan(http3Plan.addresses(), http3Plan.completeness(), pacing, start, delay);
  }

  private void retry(RacePlan plan) {
    for (RacePlan.Retry retry : plan.retries()) {
      new Http3Retry(loop, plan, retry, listener).begin(http3(retry.address()), retry);
    }
  }

  private List<Address> addresses() {
    return Http3Addresses.of(host, settings.happyEyeballs());
  }

  private long now() {
    return loop.nanoTime();
  }

  // ---- what races need

  /** The pool of HTTP/3 at one of the host's addresses. */
  ConnectionPool http3(Address address) {
    ConnectionPool known = http3.get(address);
    if (known == null) {
      known = pools.http3(Http3Addresses.at(host, address));
      known.whenEmpty(this::tellIfEmpty);
      known.whenMeasured(this::measured);
      http3.put(address, known);
    }
    return known;
  }

  ConnectionPool tcp() {
    ConnectionPool known = tcp;
    if (known == null) {
      known = pools.tcp(host);
      known.whenEmpty(this::tellIfEmpty);
      tcp = known;
    }
    return known;
  }

  void tell(GridEvent event) {
    events.accept(event);
  }

  /**
   * A request waits, or HTTP/3 goes on after TCP has served it.
   *
   * @param http3 where HTTP/3 is tried, else null
   * @return what is told of it
   */
  RacePlan began(@Nullable RacePlan http3) {
    RacePlan told = http3 == null ? settings.planner().grid(host) : http3.serving(Purpose.GRID);
    listener.onBegin(told);
    return told;
  }

  /** That has come to its end. */
  void raced(RaceReport report) {
    listener.onRace(report);
  }

  void confirmed(Origin whom) {
    settings.cache().status(whom).markConfirmed();
  }

  void broken(@Nullable Origin whom) {
    settings.broken().inc();
    if (whom != null) {
      settings.cache().status(whom).markBroken(now());
    }
  }

  /** A request has its answer. HTTP/3 goes on for later ones, if there are to be any. */
  void answered(RunningGrid race) {
    if (draining) {
      race.giveUp();
    }
  }

  void over(RunningGrid race) {
    running.remove(race);
    drainUnlessWaitedFor();
    tellIfEmpty();
  }

  // ---- what connections tell

  /** What was sent before a handshake's end was refused: TCP goes beside HTTP/3 next time. */
  public void earlyDataRejected() {
    loop.assertInLoop();
    if (origin != null) {
      settings.cache().status(origin).markFailedRecently();
    }
  }

  /** The smoothed round trip of a connection of HTTP/3; what is below a millisecond is unknown. */
  public void measured(Duration roundTrip) {
    loop.assertInLoop();
    if (origin != null) {
      settings.cache().measured(origin, roundTrip.truncatedTo(ChronoUnit.MILLIS));
    }
  }

  // ---- as any pool

  @Override
  public void update(Host newer) {
    loop.assertInLoop();
    host = newer;
    origin = origin();
    retired.removeIf(pool -> pool.size() == 0);
    List<Address> wanted = Http3Addresses.of(newer, true);
    for (Iterator<Map.Entry<Address, ConnectionPool>> all = http3.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<Address, ConnectionPool> one = all.next();
      if (wanted.contains(one.getKey())) {
        one.getValue().update(Http3Addresses.at(newer, one.getKey()));
      } else {
        all.remove();
        retired.add(one.getValue());
        one.getValue().drain();
      }
    }
    if (tcp != null) {
      tcp.update(newer);
    }
    join(addresses());
  }

  /** Addresses that came late join the races for HTTP/3. */
  private void join(List<Address> addresses) {
    List<RunningGrid> open =
        running.stream().filter(RunningGrid::takesAddresses).toList(); // these may end meanwhile
    if (!open.isEmpty() && !addresses.isEmpty()) {
      RacePlan plan = http3Plan(addresses);
      open.forEach(race -> race.update(plan.addresses(), plan.completeness()));
      retry(plan);
    }
  }

  /** Requests that wait get what they wait for; then the pools drain. */
  @Override
  public void drain() {
    loop.assertInLoop();
    draining = true;
    List.copyOf(running).stream().filter(RunningGrid::isAnswered).forEach(RunningGrid::giveUp);
    drainUnlessWaitedFor();
  }

  private void drainUnlessWaitedFor() {
    if (draining && !drained && running.isEmpty()) {
      drained = true;
      all().forEach(ConnectionPool::drain);
    }
  }

  @Override
  public void close() {
    loop.assertInLoop();
    draining = true;
    drained = true;
    PoolFailure failure = new PoolFailure(Reason.LOCAL_CONNECTION_FAILURE, "grid teardown");
    List.copyOf(running).forEach(race -> race.tearDown(failure));
    all().forEach(ConnectionPool::close);
  }

  @Override
  public void whenEmpty(Runnable then) {
    whenEmpty = then;
  }

  @Override
  public void tellIfEmpty() {
    if (running.isEmpty() && size() == 0) {
      whenEmpty.run();
    }
  }

  @Override
  public int size() {
    return all().stream().mapToInt(ConnectionPool::size).sum();
  }

  @Override
  public Load load() {
    Load sum = Load.NONE;
    for (ConnectionPool pool : all()) {
      sum = sum.plus(pool.load());
    }
    // A request that waits, waits in several pools.
    int waiting = (int) running.stream().filter(race -> !race.isAnswered()).count();
    return new Load(waiting, sum.active(), sum.capacity());
  }

  /** Never, as in Envoy: nobody knows which of the pools the next request will need. */
  @Override
  public boolean preconnect(double ratio) {
    return false;
  }

  private List<ConnectionPool> all() {
    List<ConnectionPool> all = new ArrayList<>(http3.values());
    if (tcp != null) {
      all.add(tcp);
    }
    all.addAll(retired);
    return all;
  }
}
