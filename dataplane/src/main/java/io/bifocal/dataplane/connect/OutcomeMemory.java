package io.bifocal.dataplane.connect;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.RemovalCause;
import com.google.common.cache.RemovalNotification;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.Outcome.Bad;
import io.bifocal.dataplane.connect.Outcome.Good;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import java.time.Duration;
import java.util.List;
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
 */
public final class OutcomeMemory implements RaceListener {
  /** How many addresses are remembered at most; beyond it the longest unused are forgotten. */
  public static final int CAPACITY = 65_536;

  static final Duration LIFETIME = Duration.ofMinutes(10);

  /** So many different addresses of a family must be bad, none good, to give the family up. */
  private static final int BAD_FAMILY = 2;

  private record Key(String cluster, Address host, Address address) {}

  private record FamilyKey(String cluster, Family family) {}

  private final Cache<Key, Outcome> outcomes;
  private final Cache<FamilyKey, Integer> badAddresses;
  private final AtomicLong evictions = new AtomicLong();

  /**
   * @param clock monotonic nanoseconds, the same as the loops that race
   */
  public OutcomeMemory(LongSupplier clock) {
    this(clock, CAPACITY);
  }

  OutcomeMemory(LongSupplier clock, int capacity) {
    Ticker ticker =
        new Ticker() {
          @Override
          public long read() {
            return clock.getAsLong();
          }
        };
    outcomes = forgetful(ticker, capacity).removalListener(this::countEviction).build();
    badAddresses = forgetful(ticker, capacity).build();
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

  /** Whether several hosts' addresses of a family are bad, and none is good. */
  boolean isBad(String cluster, Family family) {
    Integer bad = badAddresses.getIfPresent(new FamilyKey(cluster, family));
    return bad != null && bad >= BAD_FAMILY;
  }

  /**
   * Takes it upon the caller to try a bad address again: true at most once for all workers until
   * its next time has come.
   */
  boolean claimRetry(String cluster, Address host, Address address, long now) {
    boolean[] claimed = {false};
    outcomes
        .asMap()
        .computeIfPresent(
            new Key(cluster, host, address),
            (key, known) -> {
              if (known instanceof Bad bad && bad.isDue(now)) {
                claimed[0] = true;
                return Bad.after(bad.failures(), now);
              }
              return known;
            });
    return claimed[0];
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
    badAddresses.invalidate(new FamilyKey(plan.cluster(), address.family()));
  }

  private void bad(RacePlan plan, Address address, long now) {
    boolean[] news = {false};
    outcomes
        .asMap()
        .compute(
            new Key(plan.cluster(), plan.host(), address),
            (key, known) -> {
              news[0] = !(known instanceof Bad);
              return Bad.after(known instanceof Bad before ? before.failures() + 1 : 1, now);
            });
    FamilyKey family = new FamilyKey(plan.cluster(), address.family());
    badAddresses.asMap().merge(family, news[0] ? 1 : 0, Integer::sum);
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
      this.winnerStartedAt = winner == null ? Long.MAX_VALUE : race.startedAt(winner.attempt());
    }

    void learn() {
      List<AttemptEvent> attempts = race.attempts();
      attempts.stream().filter(this::speaksAgainst).forEach(this::bad);
      if (winner == null) {
        return;
      }
      long took = winner.atNanos() - winnerStartedAt;
      if (plan.purpose() == RacePlan.Purpose.RETRY && tooSlow(took)) {
        bad(winner); // put first again, it would only be overtaken again
      } else {
        good(plan, winner.address(), took);
      }
    }

    private boolean speaksAgainst(AttemptEvent event) {
      if (event instanceof AttemptEvent.Failed failed) {
        return failed.failure().kind() != Kind.LOCAL;
      }
      if (event instanceof AttemptEvent.Lost lost) {
        return switch (lost.reason()) {
          case ANOTHER_WON -> race.startedAt(lost.attempt()) < winnerStartedAt;
          case TIMED_OUT -> true;
          case CANCELLED -> false;
        };
      }
      return false;
    }

    private void bad(AttemptEvent event) {
      OutcomeMemory.this.bad(plan, event.address(), race.endedAt());
    }

    private boolean tooSlow(long took) {
      return took > plan.pacing().after(0, plan.addresses().get(0)).toNanos();
    }
  }
}
