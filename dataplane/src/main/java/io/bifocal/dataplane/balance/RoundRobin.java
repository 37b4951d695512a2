package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hosts in turn, in proportion to their weights. Where it starts is left to chance, so that many
 * workers and many proxies do not all begin with the same host; a change of hosts does not start it
 * anew.
 */
final class RoundRobin extends PriorityBalancer {
  RoundRobin(Panic panic, LongSupplier chance) {
    super(panic, chance);
  }

  @Override
  Rotation rotation(LongSupplier chance) {
    return new Turns(chance.getAsLong());
  }

  /** Whose turn it is: by index while all weights are equal, by deadline otherwise. */
  private static final class Turns implements Rotation {
    private final long seed;
    private List<Host> hosts = List.of();
    private long turn;
    private @Nullable Edf weighted;

    Turns(long seed) {
      this.seed = seed;
      this.turn = seed;
    }

    @Override
    public void update(List<Host> changed) {
      hosts = changed;
      if (Weights.equal(changed)) {
        weighted = null;
      } else if (weighted != null) {
        weighted.update(changed);
      } else {
        weighted = new Edf(Host::weight);
        weighted.update(changed);
        for (long i = Long.remainderUnsigned(seed, changed.size()); i > 0; i--) {
          var unused = weighted.next();
        }
      }
    }

    @Override
    public Host next(LoadBalancerContext context) {
      return weighted == null
          ? hosts.get((int) Long.remainderUnsigned(turn++, hosts.size()))
          : weighted.next();
    }
  }
}
