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
    boolean isAmong(long priorities) {
      return priority < Long.SIZE && (priorities >>> priority & 1) != 0;
    }

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
   * @param excluded priorities whose shares are left out, unless they are all; a bit each
   */
  int pick(long number, long excluded) {
    int total = 0;
    for (int i = 0; i < shares.size(); i++) {
      total += shares.get(i).isAmong(excluded) ? 0 : shares.get(i).percent();
    }
    if (total == 0) {
      return pick(number, 0);
    }
    long point = Long.remainderUnsigned(number, total);
    int index = 0;
    while (shares.get(index).isAmong(excluded) || point >= shares.get(index).percent()) {
      point -= shares.get(index).isAmong(excluded) ? 0 : shares.get(index).percent();
      index++;
    }
    return index;
  }

  /** With a panic threshold in percent; 0 for no panic, however few hosts are healthy. */
  static PriorityLoad of(HostSet set, int panicThreshold) {
    List<Level> levels = new ArrayList<>();
    for (List<Host> hosts : set.priorities()) {
      levels.add(Level.of(levels.size(), hosts, set.overprovisioningFactor(), panicThreshold));
    }
    int available =
        Math.min(100, levels.stream().mapToInt(l -> l.healthPercent + l.degradedPercent).sum());
    boolean enough = available == 100;
    if (!enough && levels.stream().allMatch(Level::inPanic)) {
      return new PriorityLoad(byNumberOfHosts(levels));
    }
    if (available == 0) {
      return new PriorityLoad(List.of());
    }
    return new PriorityLoad(byHealth(levels, available, enough));
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

    static Level of(int priority, List<Host> all, int factor, int panicThreshold) {
      List<Host> healthy = all.stream().filter(h -> h.health() == Health.HEALTHY).toList();
      List<Host> degraded = all.stream().filter(h -> h.health() == Health.DEGRADED).toList();
      return new Level(
          priority,
          all,
          healthy,
          degraded,
          percent(healthy, all, factor),
          percent(degraded, all, factor),
          100L * (healthy.size() + degraded.size()) < (long) panicThreshold * all.size()
              || all.isEmpty());
    }

    private static int percent(List<Host> usable, List<Host> all, int factor) {
      return all.isEmpty() ? 0 : (int) Math.min(100, (long) factor * usable.size() / all.size());
    }

    Share share(Kind kind, int percent, boolean enough) {
      if (!enough && inPanic) {
        return new Share(priority, Kind.PANIC, percent, all);
      }
      return new Share(priority, kind, percent, kind == Kind.HEALTHY ? healthy : degraded);
    }
  }
}
