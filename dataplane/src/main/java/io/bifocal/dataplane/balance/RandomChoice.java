package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;

/** Any host, weights aside, as Envoy's {@code RANDOM}. */
final class RandomChoice extends PriorityBalancer {
  RandomChoice(Panic panic, LongSupplier chance) {
    super(panic, chance);
  }

  @Override
  Rotation rotation(LongSupplier chance) {
    return new Rotation() {
      private List<Host> hosts = List.of();

      @Override
      public void update(List<Host> changed) {
        hosts = changed;
      }

      @Override
      public Host next(LoadBalancerContext context) {
        return hosts.get((int) Long.remainderUnsigned(chance.getAsLong(), hosts.size()));
      }
    };
  }
}
