package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.balance.PriorityLoad.Share;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.Host.Health;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import io.bifocal.dataplane.runtime.Fraction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where requests go by where this proxy is: to its own locality as long as that has as large a part
 * of the hosts as of the proxies; what it has less goes to localities that have more. Only for the
 * first priority. Source: Envoy's {@code ZoneAwareLoadBalancerBase}, and its documentation, "Zone
 * aware routing".
 */
final class ZoneRouting {
  /** Any locality. */
  static final int ANYWHERE = -1;

  /** No host at all. */
  static final int NOBODY = -2;

  private static final int WHOLE = 10_000;

  private enum State {
    NONE,
    /** All to the own locality. */
    DIRECT,
    /** What the own locality cannot take goes where there is room. */
    RESIDUAL
  }

  private final LocalitySpread.ZoneAware how;
  private final Fraction enabled;
  private final LocalZone local;
  private final Surroundings around;
  private final LongSupplier chance;
  private final LbStats stats;
  private @Nullable HostSet proxies;
  private boolean proxiesInPanic;
  private List<Locality> localities = List.of();
  private State state = State.NONE;
  private long ownPart;
  private long[] room = {};

  ZoneRouting(LocalitySpread.ZoneAware how, LocalZone local, Surroundings around) {
    this.how = how;
    this.enabled = new Fraction(how.enabledPercent(), 100);
    this.local = local;
    this.around = around;
    this.chance = around.chance();
    this.stats = around.stats();
  }

  /** Whether there are other proxies than when this was worked out. */
  @SuppressWarnings("ReferenceEquality") // a set is immutable: the same one means no change
  boolean localChanged() {
    return local.proxies().get() != proxies;
  }

  void update(HostSet hosts) {
    HostSet now = local.proxies().get();
    proxies = now;
    stats.recalculateZoneStructures.inc();
    state = State.NONE;
    List<Host> first = hosts.priorities().isEmpty() ? List.of() : hosts.priorities().get(0);
    List<Host> own = now.priorities().isEmpty() ? List.of() : now.priorities().get(0);
    proxiesInPanic = PriorityLoad.inPanic(PriorityLoad.Counts.of(own), around.panicThreshold());
    localities = order(first);
    Set<Locality> ownPlaces = new LinkedHashSet<>();
    own.forEach(host -> ownPlaces.add(host.locality()));
    if (localities.size() < 2 || (ownPlaces.size() < 2 && !how.forceDirect())) {
      return;
    }
    if (!ownPlaces.contains(local.here())) {
      stats.localClusterNotOk.inc();
      return;
    }
    List<Host> healthy = healthy(first);
    if (healthy.size() < around.minClusterSize(how)) {
      stats.zoneClusterTooSmall.inc();
      return;
    }
    divide(healthy, healthy(own));
  }

  // The own locality comes first, if there are hosts.
  private List<Locality> order(List<Host> hosts) {
    Set<Locality> places = new LinkedHashSet<>();
    for (Host host : hosts) {
      if (host.locality().equals(local.here())) {
        places.add(local.here());
        break;
      }
    }
    hosts.forEach(host -> places.add(host.locality()));
    return List.copyOf(places);
  }

  private static List<Host> healthy(List<Host> hosts) {
    return hosts.stream().filter(host -> host.health() == Health.HEALTHY).toList();
  }

  private void divide(List<Host> hosts, List<Host> own) {
    Map<Locality, Long> upstream = parts(hosts);
    Map<Locality, Long> downstream = parts(own);
    boolean here = localities.get(0).equals(local.here());
    if (here) {
      long has = upstream.getOrDefault(local.here(), 0L);
      long needs = downstream.getOrDefault(local.here(), 0L);
      if ((has > 0 && has >= needs) || how.forceDirect()) {
        state = State.DIRECT;
        return;
      }
      ownPart = needs > 0 ? has * WHOLE / needs : 0;
    } else {
      ownPart = 0;
    }
    state = State.RESIDUAL;
    room = new long[localities.size()];
    long sum = 0;
    for (int i = 0; i < room.length; i++) {
      Locality place = localities.get(i);
      // A locality without a healthy host has none, however few proxies are there.
      if (!(here && i == 0)) {
        sum += Math.max(0, upstream.getOrDefault(place, 0L) - downstream.getOrDefault(place, 0L));
      }
      room[i] = sum;
    }
  }

  /** The part of each locality in ten thousandths. */
  private static Map<Locality, Long> parts(List<Host> hosts) {
    Map<Locality, Long> parts = new HashMap<>();
    hosts.forEach(host -> parts.merge(host.locality(), 1L, Long::sum));
    parts.replaceAll((locality, count) -> WHOLE * count / hosts.size());
    return parts;
  }

  /** Whether a locality is chosen for a share. */
  boolean routes(Share share) {
    return state != State.NONE && share.priority() == 0;
  }

  /** A share's hosts in each locality; some may have none. */
  List<List<Host>> byLocality(Share share) {
    List<List<Host>> all = new ArrayList<>();
    localities.forEach(place -> all.add(LocalityWeights.at(place, share.hosts())));
    return all;
  }

  /** The index of a locality, or one of the others. */
  int choose() {
    if (!around.zoneShare(enabled).includes(chance.getAsLong() >>> 1)) {
      return ANYWHERE;
    }
    if (proxiesInPanic) {
      stats.localClusterNotOk.inc();
      return how.failOnPanic() ? NOBODY : ANYWHERE;
    }
    if (state == State.DIRECT) {
      stats.zoneRoutingAllDirectly.inc();
      return 0;
    }
    if (Long.remainderUnsigned(chance.getAsLong(), WHOLE) < ownPart) {
      stats.zoneRoutingSampled.inc();
      return 0;
    }
    stats.zoneRoutingCrossZone.inc();
    long all = room[room.length - 1];
    if (all == 0) {
      stats.zoneNoCapacityLeft.inc();
      return (int) Long.remainderUnsigned(chance.getAsLong(), room.length);
    }
    long at = Long.remainderUnsigned(chance.getAsLong(), all);
    int index = 0;
    while (at >= room[index]) {
      index++;
    }
    return index;
  }
}
