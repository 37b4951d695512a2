package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Of some hosts picked at random ({@code choice_count}) the one with the fewest requests in flight;
 * with weights, turns in proportion to the weight divided by what is in flight. Envoy's {@code
 * LEAST_REQUEST} with an {@code active_request_bias} of 1.
 */
final class LeastRequest extends PriorityBalancer {
  private final int choices;

  LeastRequest(int choices, Panic panic, LongSupplier chance) {
    super(panic, chance);
    this.choices = choices;
  }

  @Override
  Rotation rotation(LongSupplier chance) {
    return new LeastBusy(choices, chance);
  }

  private static final class LeastBusy implements Rotation {
    private final int choices;
    private final LongSupplier chance;
    private List<Host> hosts = List.of();
    private @Nullable Edf weighted;

    LeastBusy(int choices, LongSupplier chance) {
      this.choices = choices;
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
    public Host next(LoadBalancerContext context) {
      if (weighted != null) {
        return weighted.next();
      }
      Host least = any();
      for (int i = 1; i < choices; i++) {
        Host other = any();
        if (active(other) < active(least)) {
          least = other;
        }
      }
      return least;
    }

    private Host any() {
      return hosts.get((int) Long.remainderUnsigned(chance.getAsLong(), hosts.size()));
    }

    private static long active(Host host) {
      return host.counted().rqActive().value();
    }
  }
}
