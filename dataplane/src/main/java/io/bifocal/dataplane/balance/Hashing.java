package io.bifocal.dataplane.balance;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The host that a request's hash leads to; any host for a request without one. */
final class Hashing extends PriorityBalancer {
  private final ConsistentHash how;
  private final Consumer<TableShape> onTable;

  Hashing(ConsistentHash how, Panic panic, LongSupplier chance, Consumer<TableShape> onTable) {
    super(panic, chance);
    this.how = how;
    this.onTable = onTable;
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
    private @Nullable HashTable table;

    ByHash(LongSupplier chance) {
      this.chance = chance;
    }

    @Override
    public void update(List<Host> hosts) {
      HashTable all = how.table(hosts);
      int factor = how.common().balanceFactor();
      onTable.accept(all.shape());
      table = factor == 0 ? all : new BoundedLoad(all, hosts, factor);
    }

    @Override
    public Host next(LoadBalancerContext context) {
      return requireNonNull(table).find(point(context, chance));
    }
  }
}
