package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Hosts in turn, in proportion to their weights. Where it starts is left to chance, so that many
 * workers and many proxies do not all begin with the same host; a change of hosts does not start it
 * anew.
 */
final class RoundRobin extends PriorityBalancer {
  private final Policy.InTurn policy;

  RoundRobin(Policy.InTurn policy, Surroundings around) {
    super(around);
    this.policy = policy;
  }

  @Override
  Rotation rotation(PriorityLoad.Kind kind) {
    return new Turns(around.chance().getAsLong(), Ages.of(policy.slowStart(), kind, around));
  }

  /** Whose turn it is: by index while all weights are equal, by deadline otherwise. */
  private static final class Turns implements Rotation {
    private final long seed;
    private final @Nullable Ages ages;
    private List<Host> hosts = List.of();
    private long turn;
    private @Nullable Edf<Host> weighted;

    Turns(long seed, @Nullable Ages ages) {
      this.seed = seed;
      this.turn = seed;
      this.ages = ages;
    }

    @Override
    public void update(List<Host> changed, ToDoubleFunction<Host> weight) {
      hosts = changed;
      if (ages != null) {
        ages.update(changed);
      }
      if (Weights.equal(changed) && (ages == null || !ages.growing())) {
        weighted = null;
      } else if (weighted != null) {
        weighted.update(changed);
      } else {
        weighted = new Edf<>(Host::state, this::weight);
        weighted.update(changed);
        for (long i = Long.remainderUnsigned(seed, changed.size()); i > 0; i--) {
          var unused = weighted.next();
        }
      }
    }

    private double weight(Host host) {
      return ages == null ? host.weight() : host.weight() * ages.part(host);
    }

    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      return weighted == null
          ? hosts.get((int) Long.remainderUnsigned(turn++, hosts.size()))
          : weighted.next();
    }
  }
}
