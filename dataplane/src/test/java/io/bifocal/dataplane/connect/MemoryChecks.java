package io.bifocal.dataplane.connect;

import static io.bifocal.dataplane.connect.MemoryLife.check;

import com.google.common.collect.Multiset;
import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.Started;
import io.bifocal.dataplane.connect.ConnectSettings.DelayMode;
import io.bifocal.dataplane.connect.MemoryLife.Begun;
import io.bifocal.dataplane.connect.MemoryLife.Place;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RacePlan.Retry;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user relies on while a memory is at work: that it knows what {@link ReferenceMemory}
 * knows, and, which is no matter of any model, that nobody waits twice, nobody starves, nobody is
 * stampeded on, and that it is never slower than without once things have settled.
 */
final class MemoryChecks {
  private static final long LONGEST_WAIT = Duration.ofMinutes(5).toNanos();
  private static final long SHORTEST_WAIT = Duration.ofSeconds(5).toNanos();

  /** What there was to check: what never applied was not checked. */
  enum Check {
    EXACT,
    RETRY,
    PUT_OFF,
    SETTLED,
    UNWAITED,
    LATE,
    HOPELESS,
    EVICTION,
    BESIDE_ENVOYS
  }

  private final MemoryLife life;
  private final Multiset<Check> tally;
  private final ReferenceMemory reference;
  private final boolean exact;
  private ReferenceMemory.@Nullable Expected expected;
  private boolean guessing; // an address is put off for its family's sake

  MemoryChecks(MemoryLife life, Multiset<Check> tally) {
    this.life = life;
    this.tally = tally;
    reference = new ReferenceMemory(life.settings.attemptDelay(), life.timeout);
    exact = life.settings.outcomeMemory() && life.capacity == OutcomeMemory.CAPACITY;
  }

  void beforePlanning(Place place, Host host) {
    guessing =
        place.addresses.stream().anyMatch(a -> reference.isDoubtful(host.primary(), a, now()));
    boolean remembers = life.settings.outcomeMemory() && place.addresses.size() > 1;
    expected =
        remembers && exact
            ? reference.plan(host.primary(), host.addresses().ordered(), now())
            : null;
  }

  void planned(Begun begun) {
    RacePlan plan = begun.plan;
    if (expected != null) {
      tally.add(Check.EXACT);
      check(expected + ", but " + plan, expected.order().equals(plan.addresses()));
      check(expected + ", but " + plan, expected.retries().equals(plan.retries()));
    }
    for (Retry retry : plan.retries()) {
      tally.add(Check.RETRY);
      Long before = begun.place.retried.put(retry.address(), now());
      check(
          "a stampede on " + retry.address(),
          !exact || before == null || now() - before >= SHORTEST_WAIT);
    }
    plan.retries().forEach(retry -> begun.place.touched.put(retry.address(), now()));
    if (exact && !begun.half) {
      nobodyStarves(begun);
      begun.steady = !guessing && isSteady(begun);
      if (begun.steady) {
        whoHealedIsInItsPlace(begun);
      }
    }
    check("no more than there is room for", life.memory.size() <= life.capacity);
  }

  void beforeTheRest(Begun begun) {
    if (begun.report != null || !exact) {
      return;
    }
    tally.add(Check.LATE);
    Address first = begun.place.addresses.get(0);
    List<Address> rest = new ArrayList<>(begun.place.addresses);
    rest.remove(first);
    List<Address> order = new ArrayList<>(List.of(first));
    order.addAll(reference.order(first, ReferenceRace.alternating(rest, first.family()), now()));
    begun.order = order;
  }

  void ended(Place place, @Nullable Begun begun, RaceReport report) {
    if (life.settings.outcomeMemory() && place.addresses.size() > 1) {
      reference.learn(report);
      check(
          "what there is no room for is counted",
          life.memory.evictions() > 0 || reference.size(now()) <= life.capacity);
    }
    report.attempts().forEach(event -> place.touched.put(event.address(), now()));
    if (begun == null) {
      check("a race that nobody began", report.plan().purpose() == Purpose.RETRY);
      return;
    }
    if (exact) {
      List<Address> tried = started(report).stream().map(Started::address).toList();
      check(
          "tried " + tried + " of " + begun.order,
          begun.order.size() >= tried.size() && begun.order.subList(0, tried.size()).equals(tried));
    }
    if (exact && !begun.half) {
      nobodyWaitsTwice(begun, report);
      nobodyIsSlowerThanEnvoy(begun, report);
      nobodyGivesUpEarly(begun, report);
    }
  }

  void atTheEnd() {
    check("remembered unasked", life.settings.outcomeMemory() || life.memory.size() == 0);
    check("evictions for no reason", !exact || life.memory.evictions() == 0);
    tally.add(Check.EVICTION, (int) life.memory.evictions());
  }

  /** The same race without memory, on a network of its own. */
  void besideEnvoys(Begun begun, ScriptedNetwork network) {
    RacePlan plan =
        RacePlan.of("c", begun.place.addresses, life.settings.attemptDelay(), life.timeout);
    RaceRunner runner = new RaceRunner(life.time, network, report -> compare(begun, report));
    var unused = runner.run(plan, MemoryLife::drop);
  }

  // Of two timers that are due together the one that was set first fires: this race's was.
  private void compare(Begun begun, RaceReport envoys) {
    var unused =
        life.time.schedule(
            Duration.ofNanos(1),
            () -> {
              tally.add(Check.BESIDE_ENVOYS);
              RaceReport report = begun.report;
              check("not over", report != null && report.endedAt() == envoys.endedAt());
              check("another race", report != null && report.attempts().equals(envoys.attempts()));
            });
  }

  // ----

  /** Whoever is put off was tried within five minutes, or is now. */
  private void nobodyStarves(Begun begun) {
    List<Address> order = begun.plan.addresses();
    for (int i = 1; i < order.size(); i++) {
      Address address = order.get(i);
      if (order.indexOf(address) == i
          && begun.place.addresses.indexOf(address) < begun.place.addresses.indexOf(order.get(0))) {
        tally.add(Check.PUT_OFF);
        long touched = begun.place.touched.getOrDefault(address, Long.MIN_VALUE / 2);
        check(address + " starves", now() - touched <= LONGEST_WAIT);
      }
    }
  }

  /** Nothing has changed for long, there was traffic enough to notice, and nothing is on trial. */
  private boolean isSteady(Begun begun) {
    long timeout = life.timeout.toNanos();
    if (life.settings.attemptDelayMode() != DelayMode.FIXED
        || begun.place.retried.values().stream().anyMatch(at -> now() - at < timeout)) {
      return false;
    }
    long next = begun.place.changedAt + LONGEST_WAIT + 2 * timeout;
    int won = 0;
    for (Begun race : begun.place.races) {
      if (race.half) {
        // Where addresses join while others fail, one may be overtaken before its time was up: it
        // is put off then, until it is tried again.
        next = Math.max(next, race.at + SHORTEST_WAIT + 2 * timeout);
        won = 0;
      } else if (race.at >= next && race.won()) {
        won++;
        next = race.at + timeout;
      }
    }
    return won >= 3 && now() >= next;
  }

  private void whoHealedIsInItsPlace(Begun begun) {
    tally.add(Check.SETTLED);
    check(
        "order " + begun.plan.addresses() + " of " + begun.place.addresses,
        fit(begun.plan.addresses()).equals(fit(begun.place.addresses)));
  }

  private List<Address> fit(List<Address> addresses) {
    return addresses.stream().filter(a -> life.isAlive(a) && !life.isSlow(a)).toList();
  }

  private void nobodyIsSlowerThanEnvoy(Begun begun, RaceReport report) {
    if (!begun.steady || begun.place.changedAt >= begun.at || isCancelled(report)) {
      return;
    }
    try {
      ReferenceRace.Result envoys = ReferenceRace.of(life.envoys(begun.place));
      if (envoys.outcome() instanceof Address) {
        check("lost, and Envoy wins", report.winner() != null);
        check(
            report + "\n took " + report.nanos() + " ns, and Envoy " + envoys,
            report.nanos() <= envoys.at());
      }
    } catch (ReferenceRace.Tie tie) {
      // nobody knows what Envoy does
    }
  }

  /** Once a race was won, the next ones wait for nobody until something changes. */
  private void nobodyWaitsTwice(Begun begun, RaceReport report) {
    Place place = begun.place;
    if (report.winner() == null
        || place.changedAt >= begun.at
        || place.addresses.stream().anyMatch(a -> life.isAlive(a) && life.isSlow(a))) {
      return;
    }
    boolean seen =
        place.races.stream()
            .anyMatch(
                before ->
                    before.won()
                        && !before.half
                        && before.at > place.changedAt + life.timeout.toNanos()
                        && before.report != null
                        && before.report.endedAt() < begun.at
                        && before.report.endedAt() > begun.at - LONGEST_WAIT);
    if (seen) {
      tally.add(Check.UNWAITED);
      check(
          "waits again: " + report,
          started(report).stream().noneMatch(started -> started.cause() == Cause.STAGGER));
    }
  }

  /** When nobody answers, everybody was asked, if the time sufficed by the slowest pace. */
  private void nobodyGivesUpEarly(Begun begun, RaceReport report) {
    if (report.winner() != null || isCancelled(report)) {
      return;
    }
    double needed = 0;
    for (int i = 0; i < begun.plan.addresses().size() - 1; i++) {
      needed +=
          Math.min(
              2e9,
              life.settings.attemptDelay().toNanos()
                  * Math.pow(life.settings.attemptDelayGrowth(), i));
    }
    if (needed < life.timeout.toNanos() && life.settings.attemptDelayMode() == DelayMode.FIXED) {
      tally.add(Check.HOPELESS);
      check("not all were asked", started(report).size() == begun.plan.addresses().size());
    }
  }

  private static boolean isCancelled(RaceReport report) {
    return report.result() == RaceReport.Result.CANCELLED;
  }

  private static List<Started> started(RaceReport report) {
    return report.attempts().stream()
        .filter(Started.class::isInstance)
        .map(Started.class::cast)
        .toList();
  }

  private long now() {
    return life.time.nanoTime();
  }
}
