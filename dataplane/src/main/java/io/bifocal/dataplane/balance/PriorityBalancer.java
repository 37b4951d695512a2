package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.balance.PriorityLoad.Share;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What all policies share: first a part of the load is chosen, then a host within it. */
abstract class PriorityBalancer implements LoadBalancer {
  /** Whose turn it is among the hosts of one share. */
  interface Rotation {
    /** The hosts have changed; there is at least one. */
    void update(List<Host> hosts);

    Host next(LoadBalancerContext context);
  }

  private record Key(int priority, PriorityLoad.Kind kind) {}

  private final Panic panic;
  private final LongSupplier chance;
  private final Map<Key, Rotation> rotations = new HashMap<>();
  private final List<Rotation> byShare = new ArrayList<>();
  private HostSet current = HostSet.EMPTY;
  private PriorityLoad load = new PriorityLoad(List.of());

  PriorityBalancer(Panic panic, LongSupplier chance) {
    this.panic = panic;
    this.chance = chance;
  }

  /** By which of several shares one is chosen. */
  long point(LoadBalancerContext context, LongSupplier chance) {
    return chance.getAsLong();
  }

  /** A rotation without hosts. */
  abstract Rotation rotation(LongSupplier chance);

  @Override
  @SuppressWarnings("ReferenceEquality") // a set is immutable: the same one means no change
  public final @Nullable Host choose(HostSet hosts, LoadBalancerContext context) {
    if (hosts != current) {
      workOut(hosts);
    }
    Host host = chooseOnce(context, true);
    if (host == null && !load.shares().isEmpty()) {
      workOut(hosts);
      host = chooseOnce(context, false);
    }
    return host;
  }

  /** Null when there is none, or when the one whose turn it is has lost its health meanwhile. */
  private @Nullable Host chooseOnce(LoadBalancerContext context, boolean admittedOnly) {
    int shares = load.shares().size();
    if (shares == 0) {
      return null;
    }
    int index = shares == 1 ? 0 : load.pick(point(context, chance), context.excluded());
    Host host = byShare.get(index).next(context);
    Share share = load.shares().get(index);
    if (admittedOnly && !share.admits(host)) {
      return null;
    }
    if (share.kind() == PriorityLoad.Kind.PANIC) {
      panic.onChoice().run();
    }
    return host;
  }

  private void workOut(HostSet hosts) {
    current = hosts;
    load = PriorityLoad.of(hosts, panic.threshold());
    byShare.clear();
    for (Share share : load.shares()) {
      Rotation rotation =
          rotations.computeIfAbsent(new Key(share.priority(), share.kind()), k -> rotation(chance));
      rotation.update(share.hosts());
      byShare.add(rotation);
    }
  }
}
