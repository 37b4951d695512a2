package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;

/** The host that a request's hash leads to; any host for a request without one. */
final class Hashing extends PriorityBalancer {
  private final ConsistentHash how;

  Hashing(ConsistentHash how, Panic panic, LongSupplier chance) {
    super(panic, chance);
    this.how = how;
  }

  @Override
  long point(LoadBalancerContext context, LongSupplier chance) {
    return context.hashed() ? context.hash() : chance.getAsLong();
  }

  @Override
  Rotation rotation(LongSupplier chance) {
    return new ByHash(chance);
  }

  private final class ByHash implements Rotation {
    private final LongSupplier chance;
    private HashTable table =
        hash -> {
          throw new IllegalStateException("no hosts yet");
        };

    ByHash(LongSupplier chance) {
      this.chance = chance;
    }

    @Override
    public void update(List<Host> hosts) {
      HashTable all = how.table(hosts);
      int factor = how.common().balanceFactor();
      table = factor == 0 ? all : new BoundedLoad(all, hosts, factor);
    }

    @Override
    public Host next(LoadBalancerContext context) {
      return table.find(point(context, chance));
    }
  }
}
