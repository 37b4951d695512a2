package io.bifocal.dataplane.connect;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.RemovalCause;
import com.google.common.cache.RemovalNotification;
import io.bifocal.dataplane.connect.Outcome.Bad;
import io.bifocal.dataplane.connect.Outcome.Good;
import io.bifocal.dataplane.connect.RacePlan.Purpose;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What became of earlier attempts, by cluster, host and address, and by cluster and family. Races
 * tell it; {@link RacePlanner} asks it. Shared by all workers, thread-safe, bounded, and forgetful:
 * an entry that nothing has confirmed for {@link #LIFETIME} is gone (RFC 6555 section 4.2 allows as
 * much).
 *
 * <p>What a race teaches: the winner is good; an attempt that failed is bad; so is one that had
 * started before the winner and was overtaken, and one that the connect timeout ended. An attempt
 * that started later than the winner, that its caller gave up, or that failed for a reason of this
 * machine's own teaches nothing.
 *
 * <p>A bad address is tried again after a while that doubles each time it is in vain. Races that
 * find it bad in the meantime do not prolong that: a hundred that fail at once are one failure. A
 * family is bad when two different addresses of it were bad where another family won; a host that
 * does not answer at all says nothing of families.
 */
public final class OutcomeMemory implements RaceListener {
  /** How many addresses are remembered at most; beyond it the longest unused are forgotten. */
  public static final int CAPACITY = 65_536;

  static final Duration LIFETIME = Duration.ofMinutes(10);

  private record Key(String cluster, Address host, Address address) {}

  private record FamilyKey(String cluster, Family family) {}

  private final Cache<Key, Outcome> outcomes;
  private final Cache<FamilyKey, FamilyRecord> families;
  private final LongSupplier clock;
  private final AtomicLong evictions = new AtomicLong();

  /**
   * @param clock monotonic nanoseconds, the same as the loops that race
   */
  public OutcomeMemory(LongSupplier clock) {
    this(clock, CAPACITY);
  }

  OutcomeMemory(LongSupplier clock, int capacity) {
    this.clock = clock;
    Ticker ticker =
        new Ticker() {
          @Override
          public long read() {
            return clock.getAsLong();
          }
        };
    outcomes = forgetful(ticker, capacity).removalListener(this::countEviction).build();
    families = forgetful(ticker, capacity).build();
  }

  private static CacheBuilder<Object, Object> forgetful(Ticker ticker, int capacity) {
    return CacheBuilder.newBuilder()
        .ticker(ticker)
        .expireAfterWrite(LIFETIME)
        .maximumSize(capacity);
  }

  private void countEviction(RemovalNotification<Object, Object> gone) {
    if (gone.getCause() == RemovalCause.SIZE) {
      evictions.incrementAndGet();
    }
  }

  // ---- asked

  /** What is remembered of an address, or null. */
  @Nullable Outcome of(String cluster, Address host, Address address) {
    return outcomes.getIfPresent(new Key(cluster, host, address));
  }

  /** Whether several addresses of a family are bad, and none is good. */
  boolean isBad(String cluster, Family family) {
    FamilyRecord known = families.getIfPresent(new FamilyKey(cluster, family));
    return known != null && known.isBad(clock.getAsLong());
  }

  /**
   * Takes it upon the caller to try again an address that is bad, or for the first time one whose
   * family is: true at most once for all workers until its next time has come.
   */
  boolean claimRetry(String cluster, Address host, Address address, long now) {
    Key key = new Key(cluster, host, address);
    Outcome before = outcomes.getIfPresent(key);
    if (before == null) {
      return isBad(cluster, address.family())
          && outcomes.asMap().putIfAbsent(key, Bad.first(now)) == null;
    }
    return before instanceof Bad bad
        && bad.isDue(now)
        && outcomes.asMap().replace(key, bad, bad.claimed(now));
  }

  /** How many addresses are remembered, roughly. */
  public long size() {
    return outcomes.size();
  }

  /** How many were forgotten for want of room. */
  public long evictions() {
    return evictions.get();
  }

  // ---- told

  @Override
  public void onRace(RaceReport race) {
    new Lesson(race).learn();
  }

  private void good(RacePlan plan, Address address, long roundTrip) {
    outcomes
        .asMap()
        .compute(
            new Key(plan.cluster(), plan.host(), address),
            (key, known) ->
                known instanceof Good before ? before.next(roundTrip) : Good.first(roundTrip));
    families.invalidate(new FamilyKey(plan.cluster(), address.family()));
  }

  private void bad(RacePlan plan, Address address, long now) {
    boolean retried = plan.purpose() == Purpose.RETRY;
    outcomes
        .asMap()
        .compute(
            new Key(plan.cluster(), plan.host(), address),
            (key, known) -> {
              if (known instanceof Bad before) {
                return retried ? before.again(now) : before; // written anew: not forgotten
              }
              return Bad.first(now);
            });
    FamilyKey family = new FamilyKey(plan.cluster(), address.family());
    FamilyRecord record = families.getIfPresent(family);
    if (record != null && record.mentions(address)) {
      accuse(plan, address, now);
    }
  }

  private void accuse(RacePlan plan, Address address, long now) {
    families
        .asMap()
        .merge(
            new FamilyKey(plan.cluster(), address.family()),
            FamilyRecord.first(address, now),
            (known, unused) -> known.with(address, now));
  }

  /** What one race teaches. */
  private final class Lesson {
    private final RaceReport race;
    private final RacePlan plan;
    private final AttemptEvent.@Nullable Won winner;
    private final long winnerStartedAt;

    Lesson(RaceReport race) {
      this.race = race;
      this.plan = race.plan();
      this.winner = race.winner();
      this.winnerStartedAt =
          winner == null ? Long.MAX_VALUE : race.start(winner.attempt()).atNanos();
    }

    void learn() {
      race.attempts().stream()
          .filter(this::speaksAgainst)
          .map(AttemptEvent::address)
          .filter(address -> winner == null || !address.equals(winner.address())) // there twice
          .forEach(this::bad);
      if (winner != null) {
        good(plan, winner.address(), winner.atNanos() - winnerStartedAt);
      }
    }

    private boolean speaksAgainst(AttemptEvent event) {
      if (event instanceof AttemptEvent.Failed failed) {
        return !failed.failure().kind().isLocal();
      }
      if (event instanceof AttemptEvent.Lost lost) {
        return switch (lost.reason()) {
          case ANOTHER_WON -> race.start(lost.attempt()).atNanos() < winnerStartedAt;
          case TIMED_OUT -> true;
          case CANCELLED -> false;
        };
      }
      return false;
    }

    private void bad(Address address) {
      OutcomeMemory.this.bad(plan, address, race.endedAt());
      if (winner != null && winner.address().family() != address.family()) {
        accuse(plan, address, race.endedAt());
      }
    }
  }
}
