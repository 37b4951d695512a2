package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Of some hosts picked at random ({@code choice_count}), or of all, the one with the fewest
 * requests in flight; with weights, turns in proportion to the weight divided by a power ({@code
 * active_request_bias}) of what is in flight.
 */
final class LeastRequest extends PriorityBalancer {
  private final Policy.LeastBusy policy;

  LeastRequest(Policy.LeastBusy policy, Surroundings around) {
    super(around);
    this.policy = policy;
  }

  @Override
  Rotation rotation(PriorityLoad.Kind kind) {
    return new LeastBusy(policy, around.chance(), Ages.of(policy.slowStart(), kind, around));
  }

  private static final class LeastBusy implements Rotation {
    private final Policy.LeastBusy policy;
    private final LongSupplier chance;
    private final @Nullable Ages ages;
    private List<Host> hosts = List.of();
    private @Nullable Edf<Host> weighted;
    private double bias = 1;

    LeastBusy(Policy.LeastBusy policy, LongSupplier chance, @Nullable Ages ages) {
      this.policy = policy;
      this.chance = chance;
      this.ages = ages;
    }

    @Override
    public void update(List<Host> changed, ToDoubleFunction<Host> weight) {
      hosts = changed;
      double power = policy.bias().getAsDouble();
      bias = power >= 0 ? power : 1;
      if (ages != null) {
        ages.update(changed);
      }
      if (Weights.equal(changed) && (ages == null || !ages.growing())) {
        weighted = null;
        return;
      }
      if (weighted == null) {
        weighted = new Edf<>(Host::state, this::weight);
      }
      weighted.update(changed);
    }

    private double weight(Host host) {
      double whole = ages == null ? host.weight() : host.weight() * ages.part(host);
      double busy = active(host) + 1.0;
      return whole / (bias == 1 ? busy : Math.pow(busy, bias));
    }

    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      if (weighted != null) {
        return weighted.next();
      }
      return policy.fullScan() ? ofAll() : ofSome();
    }

    private Host ofSome() {
      Host least = any();
      for (int i = 1; i < policy.choices(); i++) {
        Host other = any();
        if (active(other) < active(least)) {
          least = other;
        }
      }
      return least;
    }

    // Of several that are as free as each other each is as likely.
    private Host ofAll() {
      Host least = hosts.get(0);
      int alike = 1;
      for (int i = 1; i < hosts.size(); i++) {
        Host other = hosts.get(i);
        long more = active(other) - active(least);
        if (more < 0) {
          least = other;
          alike = 1;
        } else if (more == 0) {
          alike++;
          if (Long.remainderUnsigned(chance.getAsLong(), alike) == 0) {
            least = other;
          }
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
