package io.bifocal.dataplane.connect;

import static java.util.Comparator.comparing;

import io.bifocal.dataplane.connect.AttemptEvent.Failed;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.AttemptEvent.Lost;
import io.bifocal.dataplane.connect.AttemptEvent.Won;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.connect.RacePlan.Retry;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one cluster's races teach, as a diary: everything that happened is written down, and what is
 * known is read off it whenever somebody asks. Never full. Shares no line with {@link
 * OutcomeMemory}.
 */
final class ReferenceMemory {
  private static final long FORGOTTEN = Duration.ofMinutes(10).toNanos();

  /** What happened to one address. */
  private enum What {
    GOOD,
    BAD,
    RETRIED_IN_VAIN,
    CLAIMED
  }

  private record Entry(long at, What what, long roundTrip) {}

  private record Place(Address host, Address address) {}

  /** Something was said against an address's family, or for it. */
  private record Witness(long at, @Nullable Address against, boolean firstHand) {}

  /** What is known of an address. */
  private record Known(boolean bad, int failures, long due, long roundTrip) {}

  /** What a race is to look like. */
  record Expected(List<Address> order, List<Retry> retries) {}

  private final Map<Place, List<Entry>> diary = new HashMap<>();
  private final Map<Family, List<Witness>> witnesses = new HashMap<>();
  private final long delay;
  private final long timeout;

  ReferenceMemory(Duration delay, Duration timeout) {
    this.delay = delay.toNanos();
    this.timeout = timeout.toNanos();
  }

  /** Of how many addresses something is known. */
  long size(long now) {
    return diary.keySet().stream().filter(place -> known(place, now) != null).count();
  }

  /** Whether nothing but its family speaks against an address. */
  boolean isDoubtful(Address host, Address address, long now) {
    return standing(host, address, now) == 1;
  }

  /** The order of addresses that are left to try. */
  List<Address> order(Address host, List<Address> addresses, long now) {
    return addresses.stream().sorted(comparing(a -> standing(host, a, now))).toList();
  }

  /** Writes the retries down as begun. */
  Expected plan(Address host, List<Address> addresses, long now) {
    List<Address> order = order(host, addresses, now);
    Known first = known(new Place(host, order.get(0)), now);
    long within = first == null || first.bad ? timeout : Math.min(timeout, delay + first.roundTrip);
    int best = standing(host, order.get(0), now);
    List<Retry> retries = new ArrayList<>();
    for (Address address : new LinkedHashSet<>(order)) {
      Known known = known(new Place(host, address), now);
      if (standing(host, address, now) > best && (known == null || known.due <= now)) {
        retries.add(new Retry(address, Duration.ofNanos(within)));
      }
    }
    retries.forEach(retry -> write(host, retry.address(), now, What.CLAIMED, 0));
    return new Expected(order, retries);
  }

  void learn(RaceReport race) {
    long now = race.endedAt();
    Address host = race.plan().host();
    Won winner = race.winner();
    Set<Address> bad = new LinkedHashSet<>();
    for (AttemptEvent event : race.attempts()) {
      boolean against =
          event instanceof Failed failed
              ? failed.failure().kind() == Kind.REMOTE
              : event instanceof Lost lost
                  && (lost.reason() == LossReason.TIMED_OUT
                      || (winner != null && lost.attempt() < winner.attempt()));
      if (against && (winner == null || !winner.address().equals(event.address()))) {
        bad.add(event.address());
      }
    }
    boolean serves = race.plan().purpose() == Purpose.SERVE;
    for (Address address : bad) {
      write(host, address, now, serves ? What.BAD : What.RETRIED_IN_VAIN, 0);
      boolean beaten = winner != null && winner.address().family() != address.family();
      witness(address.family(), new Witness(now, address, beaten));
    }
    if (winner != null) {
      long began = race.endedAt() - race.nanos() + race.start(winner.attempt()).atNanos();
      write(host, winner.address(), now, What.GOOD, now - began);
      witness(winner.address().family(), new Witness(now, null, true));
    }
  }

  private void write(Address host, Address address, long at, What what, long roundTrip) {
    diary
        .computeIfAbsent(new Place(host, address), any -> new ArrayList<>())
        .add(new Entry(at, what, roundTrip));
  }

  private void witness(Family family, Witness witness) {
    witnesses.computeIfAbsent(family, any -> new ArrayList<>()).add(witness);
  }

  /** 0 for nothing against it, 1 for a stranger of a bad family, 2 for bad. */
  private int standing(Address host, Address address, long now) {
    Known known = known(new Place(host, address), now);
    return known == null ? (familyIsBad(address.family(), now) ? 1 : 0) : known.bad ? 2 : 0;
  }

  private @Nullable Known known(Place place, long now) {
    Known known = null;
    long before = Long.MIN_VALUE / 2;
    for (Entry entry : diary.getOrDefault(place, List.of())) {
      known = entry.at - before >= FORGOTTEN ? null : known;
      before = entry.at;
      known =
          switch (entry.what) {
            case GOOD ->
                known == null || known.bad
                    ? new Known(false, 0, 0, entry.roundTrip)
                    : new Known(false, 0, 0, (known.roundTrip * 7 + entry.roundTrip) / 8);
            case BAD -> known == null || !known.bad ? bad(1, entry.at) : known;
            case RETRIED_IN_VAIN ->
                bad(known == null || !known.bad ? 1 : known.failures + 1, entry.at);
            case CLAIMED -> bad(known == null ? 1 : known.failures, entry.at);
          };
    }
    return now - before >= FORGOTTEN ? null : known;
  }

  private static Known bad(int failures, long at) {
    double seconds = Math.min(300, 5 * Math.pow(2, failures - 1));
    return new Known(true, failures, at + (long) (seconds * 1e9), 0);
  }

  private boolean familyIsBad(Family family, long now) {
    List<Witness> against = new ArrayList<>(); // two different addresses at most, the latest last
    for (Witness witness : witnesses.getOrDefault(family, List.of())) {
      if (!against.isEmpty() && witness.at - against.get(against.size() - 1).at >= FORGOTTEN) {
        against.clear();
      }
      if (witness.against == null) {
        against.clear();
      } else if (against.removeIf(other -> witness.against.equals(other.against))
          || witness.firstHand) {
        against.add(witness);
      }
      if (against.size() > 2) {
        against.remove(0);
      }
    }
    return against.size() == 2 && now - against.get(0).at < FORGOTTEN;
  }
}
