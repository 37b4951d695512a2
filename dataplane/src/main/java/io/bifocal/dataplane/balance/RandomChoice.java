package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/** Any host, weights aside, as Envoy's {@code RANDOM}. */
final class RandomChoice extends PriorityBalancer {
  RandomChoice(Surroundings around) {
    super(around);
  }

  @Override
  Rotation rotation(PriorityLoad.Kind kind) {
    return new AnyHost(around.chance());
  }

  private static final class AnyHost implements Rotation {
    private final LongSupplier chance;
    private List<Host> hosts = List.of();

    AnyHost(LongSupplier chance) {
      this.chance = chance;
    }

    @Override
    public void update(List<Host> changed, ToDoubleFunction<Host> weight) {
      hosts = changed;
    }

    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      return hosts.get((int) Long.remainderUnsigned(chance.getAsLong(), hosts.size()));
    }
  }
}
