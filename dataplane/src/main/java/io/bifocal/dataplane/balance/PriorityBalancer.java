package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.balance.PriorityLoad.Kind;
import io.bifocal.dataplane.balance.PriorityLoad.Share;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What all policies share: first a part of the load is chosen, then maybe a locality, then a host
 * there.
 */
abstract class PriorityBalancer implements LoadBalancer {
  final Surroundings around;
  private final LongSupplier chance;
  private final Map<Part, Rotation> rotations = new HashMap<>();
  private final Map<Long, Spread> withoutSome = new HashMap<>(0);
  private @Nullable ZoneRouting zones;
  private HostSet current = HostSet.EMPTY;
  private Spread all = Spread.NONE;
  private @Nullable Share lastShare;

  /**
   * Hosts that take turns.
   *
   * @param where the locality; null for any
   */
  private record Part(int priority, Kind kind, @Nullable Locality where) {}

  /** How the load is spread, and who serves each part. */
  private record Spread(PriorityLoad load, List<LocalityChoice> byShare) {
    static final Spread NONE = new Spread(new PriorityLoad(List.of()), List.of());
  }

  PriorityBalancer(Surroundings around) {
    this.around = around;
    this.chance = around.chance();
  }

  /** By which of several shares one is chosen. */
  long point(LoadBalancerContext context) {
    return chance.getAsLong();
  }

  /** A rotation without hosts. */
  abstract Rotation rotation(Kind kind);

  /** The hosts are these; before they get their turns. */
  void changed(HostSet hosts) {}

  /** Whether hosts take turns within a locality; else its weight is made theirs. */
  boolean choosesLocalities() {
    return true;
  }

  @Override
  public final @Nullable Host choose(HostSet hosts, LoadBalancerContext context) {
    keepUp(hosts);
    RetryPlan retry = context.retry();
    Host host = chooseOne(hosts, context, 0);
    if (retry != null) {
      for (int i = 1; i <= retry.attempts() && host != null && retry.refuses(host); i++) {
        host = chooseOne(hosts, context, i);
      }
    }
    return host;
  }

  @SuppressWarnings("ReferenceEquality") // a set is immutable: the same one means no change
  private void keepUp(HostSet hosts) {
    boolean changed = hosts != current;
    LocalZone local = around.local();
    if (local != null && choosesLocalities()) {
      if (zones == null) {
        zones = new ZoneRouting(zoneAware(), local, around);
      }
      changed |= zones.localChanged();
    }
    if (changed) {
      workOut(hosts);
    }
  }

  // Where no locality has a weight, the zone counts.
  private LocalitySpread.ZoneAware zoneAware() {
    return around.localities() instanceof LocalitySpread.ZoneAware how
        ? how
        : LocalitySpread.ZoneAware.DEFAULT;
  }

  private @Nullable Host chooseOne(HostSet hosts, LoadBalancerContext context, int attempt) {
    Host host = next(context, attempt);
    if (host != null && lastShare != null && !lastShare.admits(host)) {
      workOut(hosts); // it has lost its health meanwhile
      host = next(context, attempt);
    }
    return host;
  }

  private @Nullable Host next(LoadBalancerContext context, int attempt) {
    Spread spread = spread(context);
    int shares = spread.byShare.size();
    if (shares == 0) {
      if (around.panicThreshold() > 0) {
        around.panic().onChoice().run();
      }
      return null;
    }
    int index = shares == 1 ? 0 : spread.load.pick(point(context));
    Share share = spread.load.shares().get(index);
    lastShare = share;
    if (share.kind() == Kind.PANIC) {
      around.panic().onChoice().run();
      if (zoneAware().failOnPanic()) {
        return null;
      }
    }
    return spread.byShare.get(index).next(context, attempt);
  }

  private Spread spread(LoadBalancerContext context) {
    RetryPlan retry = context.retry();
    long excluded = retry == null ? 0 : retry.excluded();
    if (retry == null || excluded == 0) {
      return all;
    }
    Spread some = withoutSome.get(excluded);
    if (some == null) {
      some = spread(PriorityLoad.of(current, around.panicThreshold(), excluded));
      withoutSome.put(excluded, some);
    }
    if (some.byShare.isEmpty()) {
      retry.nothingLeft();
      return all;
    }
    return some;
  }

  private void workOut(HostSet hosts) {
    current = hosts;
    changed(hosts);
    withoutSome.clear();
    if (zones != null) {
      zones.update(hosts);
    }
    all = spread(PriorityLoad.of(hosts, around.panicThreshold(), 0));
  }

  private Spread spread(PriorityLoad load) {
    List<LocalityChoice> byShare = new ArrayList<>();
    for (Share share : load.shares()) {
      byShare.add(choice(share));
    }
    return new Spread(load, byShare);
  }

  private LocalityChoice choice(Share share) {
    if (share.kind() == Kind.PANIC) {
      return whole(share);
    }
    if (around.localities() instanceof LocalitySpread.Weighted) {
      Map<Locality, Double> weights = LocalityWeights.effective(current, share);
      if (!weights.isEmpty()) {
        return choosesLocalities()
            ? inTurn(share, weights)
            : new LocalityChoice.Whole(
                rotation(share, null, share.hosts(), LocalityWeights.ofHosts(current, share)));
      }
    }
    if (zones != null && zones.routes(share)) {
      return byZone(share, zones);
    }
    return whole(share);
  }

  private LocalityChoice.Whole whole(Share share) {
    return new LocalityChoice.Whole(rotation(share, null, share.hosts(), Host::weight));
  }

  private LocalityChoice inTurn(Share share, Map<Locality, Double> weights) {
    List<LocalityChoice.Turn> turns = new ArrayList<>();
    weights.forEach(
        (where, weight) ->
            turns.add(
                new LocalityChoice.Turn(
                    where,
                    weight,
                    rotation(
                        share, where, LocalityWeights.at(where, share.hosts()), Host::weight))));
    return new LocalityChoice.InTurn(turns, chance.getAsLong());
  }

  private LocalityChoice byZone(Share share, ZoneRouting routing) {
    Rotation whole = whole(share).hosts();
    List<Rotation> each = new ArrayList<>();
    for (List<Host> hosts : routing.byLocality(share)) {
      each.add(
          hosts.isEmpty() ? whole : rotation(share, hosts.get(0).locality(), hosts, Host::weight));
    }
    return new LocalityChoice.ByZone(routing, whole, each);
  }

  private Rotation rotation(
      Share share, @Nullable Locality where, List<Host> hosts, ToDoubleFunction<Host> weight) {
    Rotation rotation =
        rotations.computeIfAbsent(
            new Part(share.priority(), share.kind(), where), part -> rotation(part.kind));
    rotation.update(hosts, weight);
    return rotation;
  }
}
