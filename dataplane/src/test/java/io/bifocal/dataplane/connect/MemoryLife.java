package io.bifocal.dataplane.connect;

import com.google.common.collect.Multiset;
import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RaceScenario.Reply;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.xds.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a cluster's life, made of a seed: a few hosts whose addresses fall silent, refuse
 * and heal, races to them from several workers, and pauses from nothing to twenty minutes. {@link
 * MemoryChecks} looks on.
 */
final class MemoryLife {
  private static final List<Address> POOL =
      AddressOrderTest.parse("6a 4a 6b 4b 6c 4c p1 6d 4d 6e 4e p2 6f 4f 6g 4g 6h 4h p3 p4");

  /** How an address is at present. */
  enum Health {
    ALIVE,
    SILENT,
    REFUSES
  }

  /** One host, and what the test knows of it. */
  static final class Place {
    final List<Address> addresses;
    final Host host;
    final List<Begun> races = new ArrayList<>();
    final Map<Address, Long> touched = new HashMap<>();
    final Map<Address, Long> retried = new HashMap<>();
    long changedAt;

    Place(List<Address> addresses) {
      this.addresses = addresses;
      this.host = MemoryBench.host(addresses, Completeness.COMPLETE);
    }
  }

  /** One race, among all addresses of a place or with half of them to begin with. */
  static final class Begun {
    final Place place;
    final long at;
    final boolean half;
    final RacePlan plan;
    boolean steady;
    List<Address> order; // in which it is to try
    @Nullable RaceReport report;

    Begun(Place place, long at, boolean half, RacePlan plan) {
      this.place = place;
      this.at = at;
      this.half = half;
      this.plan = plan;
      this.order = plan.addresses();
    }

    boolean won() {
      return report != null && report.winner() != null;
    }
  }

  final VirtualTime time = new VirtualTime();
  final ConnectSettings settings;
  final Duration timeout;
  final int capacity;
  final OutcomeMemory memory;
  private final SplittableRandom random;
  private final ScriptedNetwork network = new ScriptedNetwork(time);
  private final ScriptedNetwork envoys = new ScriptedNetwork(time);
  private final Map<Address, Health> health = new HashMap<>();
  private final Map<Address, Long> roundTrips = new HashMap<>();
  private final List<RaceRunner> workers = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();
  private final IdentityHashMap<RacePlan, Begun> running = new IdentityHashMap<>();
  private final Map<Address, Place> byPrimary = new HashMap<>();
  private final RacePlanner planner;
  private final MemoryChecks checks;
  private @Nullable AssertionError failure;
  private int retriesOpen;
  private long races;

  MemoryLife(long seed, Multiset<MemoryChecks.Check> tally) {
    random = new SplittableRandom(seed);
    boolean remembers = random.nextInt(8) > 0;
    long delay = random.nextInt(4) > 0 ? 300_000_000 : between(10_000_000, 2_000_000_000);
    settings =
        new ConnectSettings(
            nanos(delay),
            remembers && random.nextInt(4) == 0 ? 2 : 1,
            random.nextInt(6) == 0 ? DelayMode.ROUND_TRIP : DelayMode.FIXED,
            remembers,
            Duration.ZERO,
            ConnectSettings.DEFAULT.destinationOrdering());
    timeout =
        nanos(random.nextInt(3) > 0 ? 5_000_000_000L : between(1_000_000_000, 20_000_000_000L));
    capacity = random.nextInt(8) == 0 ? 1 + random.nextInt(6) : OutcomeMemory.CAPACITY;
    memory = new OutcomeMemory(time::nanoTime, capacity);
    planner =
        new RacePlanner(
            "c",
            timeout,
            SocketSettings.DEFAULT,
            host -> TransportSocket.PLAIN,
            settings,
            memory,
            RaceListener.NONE);
    checks = new MemoryChecks(this, tally);
    for (int worker = 1 + random.nextInt(3); worker > 0; worker--) {
      workers.add(new RaceRunner(time, network, this::ended));
    }
    boolean slowOnes = random.nextBoolean();
    for (Address address : POOL) {
      boolean slow = slowOnes && random.nextInt(3) == 0;
      roundTrips.put(
          address,
          slow ? between(delay + delay / 20, 3 * delay) : between(delay / 300, delay * 4 / 5));
      become(address, random.nextInt(3) > 0 ? Health.ALIVE : Health.SILENT);
    }
    makePlaces(1 + random.nextInt(4));
  }

  private void makePlaces(int count) {
    int used = 0;
    while (places.size() < count) {
      int size = random.nextInt(10) == 0 ? 1 : 2 + random.nextInt(4);
      List<Address> addresses = new ArrayList<>(POOL.subList(used, used + size));
      used += size;
      if (random.nextBoolean()) {
        addresses.add(addresses.remove(0));
      }
      if (random.nextInt(8) == 0) {
        addresses.add(addresses.get(random.nextInt(size)));
      }
      Place place = new Place(List.copyOf(addresses));
      places.add(place);
      byPrimary.put(place.host.primary(), place);
    }
  }

  /** Says how many races there were. */
  long live() {
    for (int step = 20 + random.nextInt(31); step > 0; step--) {
      if (random.nextInt(8) == 0) {
        change();
      }
      time.advance(pause());
      Place place = places.get(random.nextInt(places.size()));
      int burst = random.nextInt(8) == 0 ? 2 + random.nextInt(4) : 1;
      for (int i = 0; i < burst; i++) {
        race(place);
      }
      throwFailure();
    }
    time.advance(timeout.multipliedBy(2));
    throwFailure();
    check("races are left", running.isEmpty() && retriesOpen == 0);
    check("timers are left", time.pendingTimers() == 0);
    check("sockets are left", network.open() == 0);
    checks.atTheEnd();
    return races;
  }

  private void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  private Duration pause() {
    return nanos(
        switch (random.nextInt(8)) {
          case 0 -> between(1, 50_000_000);
          case 1, 2 -> between(100_000_000, 3_000_000_000L);
          case 3, 4 -> between(3_000_000_000L, 30_000_000_000L);
          case 5, 6 -> between(30_000_000_000L, 300_000_000_000L);
          default -> between(300_000_000_000L, 1_200_000_000_000L);
        });
  }

  private void change() {
    Place place = places.get(random.nextInt(places.size()));
    Address address = place.addresses.get(random.nextInt(place.addresses.size()));
    Health[] all = Health.values();
    become(address, random.nextBoolean() ? Health.ALIVE : all[random.nextInt(all.length)]);
    place.changedAt = time.nanoTime();
  }

  private void become(Address address, Health now) {
    health.put(address, now);
    Duration after = nanos(roundTrip(address));
    for (ScriptedNetwork either : List.of(network, envoys)) {
      switch (now) {
        case ALIVE -> either.connects(address, after);
        case SILENT -> either.silent(address);
        case REFUSES -> either.refuses(address, after);
      }
    }
  }

  private void race(Place place) {
    boolean half = place.addresses.size() > 1 && settings.outcomeMemory() && random.nextInt(8) == 0;
    Host host =
        half
            ? MemoryBench.host(place.addresses.subList(0, 1), Completeness.MORE_TO_COME)
            : place.host;
    checks.beforePlanning(place, host);
    Begun begun = new Begun(place, time.nanoTime(), half, planner.plan(host, time.nanoTime()));
    checks.planned(begun);
    place.races.add(begun);
    running.put(begun.plan, begun);
    races += 1 + begun.plan.retries().size();
    retriesOpen += begun.plan.retries().size();
    RaceRunner worker = workers.get(random.nextInt(workers.size()));
    if (!settings.outcomeMemory()) {
      checks.besideEnvoys(begun, envoys);
    }
    RaceRunner.Race race = worker.run(begun.plan, MemoryLife::drop);
    if (half) {
      later(between(1000, 200_000_000), () -> takeTheRest(begun, race));
    } else if (settings.outcomeMemory() && random.nextInt(12) == 0) {
      later(between(1000, 2_000_000_000), race::cancel);
    }
  }

  private void takeTheRest(Begun begun, RaceRunner.Race race) {
    checks.beforeTheRest(begun);
    race.update(begun.place.host.addresses());
  }

  private void later(long after, Runnable task) {
    var unused = time.schedule(nanos(after), task);
  }

  static void drop(RaceOutcome outcome) {
    if (outcome instanceof RaceOutcome.Won won) {
      var unused = won.channel().close();
    }
  }

  private void ended(RaceReport report) {
    Place place = byPrimary.get(report.plan().host());
    if (report.plan().purpose() == Purpose.RETRY) {
      retriesOpen--;
    }
    Begun begun = running.remove(report.plan());
    if (begun != null) {
      begun.report = report;
    }
    try {
      checks.ended(requirePlace(place), begun, report);
    } catch (AssertionError | RuntimeException e) {
      // A channel's listener, who calls this, would swallow it.
      failure = failure == null ? new AssertionError(e.getMessage(), e) : failure;
    }
  }

  private static Place requirePlace(@Nullable Place place) {
    if (place == null) {
      throw new AssertionError("a race to nobody");
    }
    return place;
  }

  boolean isAlive(Address address) {
    return health.get(address) == Health.ALIVE;
  }

  long roundTrip(Address address) {
    return roundTrips.getOrDefault(address, 0L);
  }

  boolean isSlow(Address address) {
    return roundTrip(address) > settings.attemptDelay().toNanos();
  }

  /** The race that Envoy would run now. */
  RaceScenario envoys(Place place) {
    Map<Address, Reply> replies = new HashMap<>();
    for (Address address : place.addresses) {
      replies.put(
          address,
          isAlive(address)
              ? new Reply(roundTrip(address), null, 0, false)
              : health.get(address) == Health.SILENT
                  ? new Reply(RaceScenario.NEVER, null, 0, false)
                  : new Reply(roundTrip(address), RaceScenario.REFUSED, 0, false));
    }
    return new RaceScenario(
        place.addresses,
        Completeness.COMPLETE,
        replies,
        settings.attemptDelay().toNanos(),
        settings.attemptDelayGrowth(),
        timeout.toNanos(),
        List.of(),
        RaceScenario.NEVER);
  }

  static void check(String what, boolean holds) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  private static Duration nanos(long nanos) {
    return Duration.ofNanos(nanos);
  }

  private long between(long from, long to) {
    return random.nextLong(from, to);
  }
}
