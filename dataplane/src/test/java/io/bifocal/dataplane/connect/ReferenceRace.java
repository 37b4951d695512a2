package io.bifocal.dataplane.connect;

import static java.util.Comparator.comparing;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.LossReason;
import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.RaceScenario.Reply;
import io.bifocal.dataplane.connect.RaceScenario.Update;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A race as the RFC tells it, worked out on paper: go from one moment at which something happens to
 * the next. Knows nothing of timers that are armed and disarmed; shares no line with what it is
 * compared with.
 */
final class ReferenceRace {
  /** What became of one attempt: {@code end} is "won", a loss's reason, or a failure. */
  record Ran(int attempt, Address address, long startedAt, Cause cause, long endedAt, Object end) {}

  /** How a race went: {@code outcome} is the winner's address, a failure, or "cancelled". */
  record Result(List<Ran> attempts, Object outcome, long at) {}

  /** Two things happen in one nanosecond, and which comes first is nobody's promise. */
  static final class Tie extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private final RaceScenario scenario;
  private final List<Ran> ended = new ArrayList<>();
  private final List<Ran> running = new ArrayList<>();
  private final List<Update> updates;
  private final List<Address> tried = new ArrayList<>();
  private List<Address> untried;
  private boolean complete;
  private long lastStart;
  private long now;
  private @Nullable Object outcome;

  private ReferenceRace(RaceScenario scenario) {
    this.scenario = scenario;
    this.untried = new ArrayList<>(scenario.addresses());
    this.complete = scenario.completeness() == Completeness.COMPLETE;
    this.updates = new ArrayList<>(scenario.updates());
  }

  static Result of(RaceScenario scenario) {
    ReferenceRace race = new ReferenceRace(scenario);
    race.start(Cause.FIRST);
    while (race.outcome == null) {
      race.step();
    }
    List<Ran> all = new ArrayList<>(race.ended);
    all.sort(comparing(Ran::attempt));
    return new Result(all, race.outcome, race.now);
  }

  private void step() {
    Ran first = running.stream().min(comparing(Ran::endedAt)).orElse(null);
    long end = first == null ? RaceScenario.NEVER : first.endedAt();
    long due = untried.isEmpty() ? RaceScenario.NEVER : Math.max(now, lastStart + delay());
    long update = updates.isEmpty() ? RaceScenario.NEVER : updates.get(0).at();
    now = soonest(end, due, update, scenario.cancelAt(), scenario.timeout());
    if (running.stream().filter(ran -> ran.endedAt() == now).count() > 1) {
      throw new Tie();
    }
    if (now == scenario.timeout()) {
      giveUp(LossReason.TIMED_OUT, new ConnectFailure(Kind.TIMEOUT, ""));
    } else if (now == scenario.cancelAt()) {
      giveUp(LossReason.CANCELLED, "cancelled");
    } else if (now == update) {
      take(updates.remove(0));
    } else if (now == due) {
      start(Cause.STAGGER);
    } else if (first != null) {
      end(first);
    }
  }

  private void end(Ran attempt) {
    running.remove(attempt);
    ended.add(attempt);
    if (attempt.end().equals("won")) {
      giveUp(LossReason.ANOTHER_WON, attempt.address());
    } else {
      goOnAfter(attempt.end());
    }
  }

  private void take(Update update) {
    complete = update.completeness() == Completeness.COMPLETE;
    List<Address> rest = new ArrayList<>(update.addresses());
    tried.forEach(rest::remove);
    untried = alternating(rest, tried.get(tried.size() - 1).family());
    if (running.isEmpty()) {
      goOnAfter(ended.get(ended.size() - 1).end());
    }
  }

  /** Nobody waits for a stagger when something has failed, or nothing runs. */
  private void goOnAfter(Object failure) {
    if (!untried.isEmpty()) {
      start(Cause.PREVIOUS_FAILED);
    } else if (running.isEmpty() && complete) {
      outcome = failure;
    }
  }

  private void start(Cause cause) {
    Address address = untried.remove(0);
    Reply reply = scenario.reply(address);
    long ends = reply.lasts() == RaceScenario.NEVER ? RaceScenario.NEVER : now + reply.lasts();
    running.add(
        new Ran(
            tried.size(), address, now, cause, ends, reply.end() == null ? "won" : reply.end()));
    tried.add(address);
    lastStart = now;
  }

  private void giveUp(LossReason reason, Object told) {
    running.forEach(
        ran ->
            ended.add(
                new Ran(ran.attempt(), ran.address(), ran.startedAt(), ran.cause(), now, reason)));
    running.clear();
    outcome = told;
  }

  private long delay() {
    double delay = scenario.delay();
    for (int i = 1; i < tried.size(); i++) {
      delay = Math.min(2e9, delay * scenario.growth());
    }
    return (long) delay;
  }

  /** One address of each family in turn, another family than the last one tried going first. */
  static List<Address> alternating(List<Address> rest, Family last) {
    List<Family> turns = new ArrayList<>(rest.stream().map(Address::family).distinct().toList());
    if (!turns.isEmpty() && turns.get(0) == last) {
      Collections.swap(turns, 0, Math.min(1, turns.size() - 1));
    }
    Map<Family, Integer> seen = new HashMap<>();
    Map<Integer, List<Address>> rounds = new TreeMap<>();
    for (Address address : rest) {
      int round = seen.merge(address.family(), 1, Integer::sum);
      rounds.computeIfAbsent(round, any -> new ArrayList<>()).add(address);
    }
    List<Address> ordered = new ArrayList<>();
    for (List<Address> round : rounds.values()) {
      round.sort(comparing(address -> turns.indexOf(address.family())));
      ordered.addAll(round);
    }
    return ordered;
  }

  private static long soonest(long... times) {
    long soonest = RaceScenario.NEVER;
    int how = 0;
    for (long time : times) {
      how = time < soonest ? 1 : time == soonest ? how + 1 : how;
      soonest = Math.min(soonest, time);
    }
    if (how > 1) {
      throw new Tie();
    }
    return soonest;
  }
}
