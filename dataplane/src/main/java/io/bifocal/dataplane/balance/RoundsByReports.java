package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Hosts in turn, in proportion to what they say they can take. */
final class RoundsByReports extends PriorityBalancer {
  private final ReportedWeights weights;

  RoundsByReports(Policy.ByReports policy, Surroundings around) {
    super(around);
    this.weights = new ReportedWeights(policy, around.nanoTime());
  }

  @Override
  void changed(HostSet hosts) {
    weights.update(hosts);
  }

  @Override
  Rotation rotation(PriorityLoad.Kind kind) {
    return new Turns(around.chance().getAsLong(), weights);
  }

  private static final class Turns implements Rotation {
    private final long seed;
    private final ReportedWeights weights;
    private final Edf<Host> edf;
    private List<Host> hosts = List.of();
    private int version;

    Turns(long seed, ReportedWeights weights) {
      this.seed = seed;
      this.weights = weights;
      this.edf = new Edf<>(Host::state, weights::of);
    }

    @Override
    public void update(List<Host> changed, ToDoubleFunction<Host> weight) {
      boolean first = hosts.isEmpty();
      hosts = changed;
      edf.update(changed);
      if (first) {
        for (long i = Long.remainderUnsigned(seed, changed.size()); i > 0; i--) {
          var unused = edf.next();
        }
      }
    }

    @Override
    public Host next(LoadBalancerContext context, int attempt) {
      int now = weights.version();
      if (now != version) {
        version = now;
        edf.update(hosts);
      }
      return edf.next();
    }
  }
}
