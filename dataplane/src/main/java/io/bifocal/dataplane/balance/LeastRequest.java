package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Of two hosts picked at random the one with fewer requests in flight; with weights, turns in
 * proportion to the weight divided by what is in flight. Envoy's {@code LEAST_REQUEST} with its
 * defaults: {@code choice_count} 2, {@code active_request_bias} 1.
 */
final class LeastRequest extends PriorityBalancer {
  LeastRequest(LongSupplier chance) {
    super(chance);
  }

  @Override
  Rotation rotation(LongSupplier chance) {
    return new LeastBusy(chance);
  }

  private static final class LeastBusy implements Rotation {
    private final LongSupplier chance;
    private List<Host> hosts = List.of();
    private @Nullable Edf weighted;

    LeastBusy(LongSupplier chance) {
      this.chance = chance;
    }

    @Override
    public void update(List<Host> changed) {
      hosts = changed;
      if (Weights.equal(changed)) {
        weighted = null;
        return;
      }
      if (weighted == null) {
        weighted = new Edf(host -> host.weight() / (1.0 + active(host)));
      }
      weighted.update(changed);
    }

    @Override
    public Host next() {
      if (weighted != null) {
        return weighted.next();
      }
      Host one = any();
      Host other = any();
      return active(other) < active(one) ? other : one;
    }

    private Host any() {
      return hosts.get((int) Long.remainderUnsigned(chance.getAsLong(), hosts.size()));
    }

    private static long active(Host host) {
      return host.stats().rqActive().value();
    }
  }
}
