package io.bifocal.dataplane.balance;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The host that a request's hash leads to; any host for a request without one. */
final class Hashing extends PriorityBalancer {
  private final ConsistentHash how;

  Hashing(ConsistentHash how, Surroundings around) {
    super(around);
    this.how = how;
  }

  @Override
  long point(LoadBalancerContext context) {
    return context.hashed() ? context.hash() : around.chance().getAsLong();
  }

  @Override
  boolean choosesLocalities() {
    return false;
  }

  @Override
  Rotation rotation(PriorityLoad.Kind kind) {
    return new ByHash();
  }

  private final class ByHash implements Rotation {
    private @Nullable HashTable table;

    @Override
    public void update(List<Host> all, ToDoubleFunction<Host> weight) {
      List<Host> hosts = all.stream().filter(host -> weight.applyAsDouble(host) > 0).toList();
      HashTable whole = how.table(hosts, weight);
      int factor = how.common().balanceFactor();
      around.onTable().accept(whole.shape());
      table = factor == 0 ? whole : new BoundedLoad(whole, hosts, weight, factor);
    }

    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      return requireNonNull(table).find(point(context), attempt);
    }
  }
}
