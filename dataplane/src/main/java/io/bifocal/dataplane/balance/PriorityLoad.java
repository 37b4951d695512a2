package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.Host.Health;
import io.bifocal.dataplane.host.HostSet;
import java.util.ArrayList;
import java.util.List;

/**
 * How the load is spread over priorities: what a priority can carry is the part of its hosts that
 * is healthy, times the overprovisioning factor; what it cannot carry goes to the next one, and in
 * the end to degraded hosts. Too few usable hosts mean panic: then health is ignored.
 *
 * <p>Source: Envoy's documentation, "Priority levels", "Degraded endpoints" and "Panic threshold".
 *
 * @param shares those that get something, in the order in which they are considered; their
 *     percentages add up to 100 unless there is no host at all
 */
record PriorityLoad(List<Share> shares) {
  /** Which of a priority's hosts a share is for. */
  enum Kind {
    HEALTHY,
    DEGRADED,
    PANIC
  }

  /** A part of the load, and who serves it. */
  record Share(int priority, Kind kind, int percent, List<Host> hosts) {
    /** Whether a host may still be chosen: its health can change after all this was worked out. */
    boolean admits(Host host) {
      return switch (kind) {
        case PANIC -> true;
        case HEALTHY -> host.health() == Health.HEALTHY;
        case DEGRADED -> host.health() == Health.DEGRADED;
      };
    }
  }

  /**
   * The index of a share, chosen by its part of the load; there must be one.
   *
   * @param number by which it is chosen
   */
  int pick(long number) {
    long point = Long.remainderUnsigned(number, 100);
    int index = 0;
    while (point >= shares.get(index).percent()) {
      point -= shares.get(index).percent();
      index++;
    }
    return index;
  }

  /** With a panic threshold in percent; 0 for no panic, however few hosts are healthy. */
  static PriorityLoad of(HostSet set, int panicThreshold) {
    return of(set, panicThreshold, 0);
  }

  /**
   * The same without some priorities.
   *
   * @param excluded which, a bit each. Without shares, when no other priority is available
   */
  static PriorityLoad of(HostSet set, int panicThreshold, long excluded) {
    List<Level> levels = new ArrayList<>();
    for (List<Host> hosts : set.priorities()) {
      levels.add(Level.of(levels.size(), hosts, set, panicThreshold));
    }
    boolean enough = available(levels) == 100;
    if (!enough && excluded == 0 && levels.stream().allMatch(Level::inPanic)) {
      return new PriorityLoad(byNumberOfHosts(levels));
    }
    if (excluded != 0) {
      levels.replaceAll(level -> level.isAmong(excluded) ? level.unavailable() : level);
    }
    int available = available(levels);
    if (available == 0) {
      return new PriorityLoad(List.of());
    }
    return new PriorityLoad(byHealth(levels, available, enough));
  }

  private static int available(List<Level> levels) {
    return Math.min(100, levels.stream().mapToInt(l -> l.healthPercent + l.degradedPercent).sum());
  }

  /** Whether too few of some hosts are usable. */
  static boolean inPanic(Counts counts, int threshold) {
    return 100L * (counts.healthy + counts.degraded) < (long) threshold * counts.all
        || counts.all == 0;
  }

  /** How many hosts there are, or what they weigh; those that are on their way out do not count. */
  record Counts(long healthy, long degraded, long all) {
    static Counts of(List<Host> hosts) {
      return of(hosts, false);
    }

    static Counts of(List<Host> hosts, boolean weighted) {
      long healthy = 0;
      long degraded = 0;
      long all = 0;
      for (Host host : hosts) {
        int one = weighted ? host.weight() : 1;
        Health health = host.health();
        healthy += health == Health.HEALTHY ? one : 0;
        degraded += health == Health.DEGRADED ? one : 0;
        all += host.isExcluded() ? 0 : one;
      }
      return new Counts(healthy, degraded, all);
    }

    int percent(long usable, int factor) {
      return all == 0 ? 0 : (int) Math.min(100, factor * usable / all);
    }
  }

  private static List<Share> byHealth(List<Level> levels, int available, boolean enough) {
    List<Share> shares = new ArrayList<>();
    int left = 100;
    for (Level level : levels) {
      int percent = Math.min(left, level.healthPercent * 100 / available);
      left -= percent;
      shares.add(level.share(Kind.HEALTHY, percent, enough));
    }
    for (Level level : levels) {
      int percent = Math.min(left, level.degradedPercent * 100 / available);
      left -= percent;
      shares.add(level.share(Kind.DEGRADED, percent, enough));
    }
    return settle(shares, left);
  }

  private static List<Share> byNumberOfHosts(List<Level> levels) {
    int total = levels.stream().mapToInt(l -> l.all.size()).sum();
    List<Share> shares = new ArrayList<>();
    int left = 100;
    for (Level level : levels) {
      int percent = total == 0 ? 0 : level.all.size() * 100 / total;
      left -= percent;
      shares.add(new Share(level.priority, Kind.PANIC, percent, level.all));
    }
    return settle(shares, left);
  }

  /** Gives what rounding left to the first share that has anything, and drops the empty ones. */
  private static List<Share> settle(List<Share> shares, int left) {
    List<Share> settled = new ArrayList<>();
    for (Share share : shares) {
      if (share.percent() > 0) {
        int more = settled.isEmpty() ? left : 0;
        settled.add(
            new Share(share.priority(), share.kind(), share.percent() + more, share.hosts()));
      }
    }
    return List.copyOf(settled);
  }

  /** One priority. */
  private record Level(
      int priority,
      List<Host> all,
      List<Host> healthy,
      List<Host> degraded,
      int healthPercent,
      int degradedPercent,
      boolean inPanic) {

    static Level of(int priority, List<Host> all, HostSet set, int panicThreshold) {
      Counts counts = Counts.of(all, set.weightedHealth());
      int factor = set.overprovisioningFactor();
      return new Level(
          priority,
          all,
          all.stream().filter(h -> h.health() == Health.HEALTHY).toList(),
          all.stream().filter(h -> h.health() == Health.DEGRADED).toList(),
          counts.percent(counts.healthy, factor),
          counts.percent(counts.degraded, factor),
          PriorityLoad.inPanic(set.weightedHealth() ? Counts.of(all) : counts, panicThreshold));
    }

    boolean isAmong(long priorities) {
      return priority < Long.SIZE && (priorities >>> priority & 1) != 0;
    }

    Level unavailable() {
      return new Level(priority, all, healthy, degraded, 0, 0, inPanic);
    }

    Share share(Kind kind, int percent, boolean enough) {
      if (!enough && inPanic) {
        return new Share(priority, Kind.PANIC, percent, all);
      }
      return new Share(priority, kind, percent, kind == Kind.HEALTHY ? healthy : degraded);
    }
  }
}
