package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.Locality;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** In which locality a host is chosen, for one share of the load. */
sealed interface LocalityChoice {
  /** A host; null when there is to be none. */
  @Nullable Host next(LoadBalancerContext context, int attempt);

  /** Wherever they are. */
  record Whole(Rotation hosts) implements LocalityChoice {
    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      return hosts.next(context, attempt);
    }
  }

  /** One locality's hosts, and their part of the load. */
  record Turn(Locality where, double weight, Rotation hosts) {}

  /** One locality after another, by weight. */
  final class InTurn implements LocalityChoice {
    private final Edf<Turn> turns = new Edf<>(Turn::where, Turn::weight);

    /**
     * @param start by which it is chosen who is first
     */
    InTurn(List<Turn> localities, long start) {
      turns.update(localities);
      for (long i = Long.remainderUnsigned(start, localities.size()); i > 0; i--) {
        var unused = turns.next();
      }
    }

    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      return turns.next().hosts.next(context, attempt);
    }
  }

  /**
   * By where this proxy is.
   *
   * @param each locality's hosts, in the order of {@code routing}
   */
  record ByZone(ZoneRouting routing, Rotation whole, List<Rotation> each)
      implements LocalityChoice {
    @Override
    public @Nullable Host next(LoadBalancerContext context, int attempt) {
      int index = routing.choose();
      if (index == ZoneRouting.NOBODY) {
        return null;
      }
      Rotation hosts = index == ZoneRouting.ANYWHERE ? whole : each.get(index);
      return hosts.next(context, attempt);
    }
  }
}
