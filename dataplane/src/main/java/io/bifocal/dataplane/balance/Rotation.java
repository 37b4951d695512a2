package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Whose turn it is among some hosts. */
interface Rotation {
  /**
   * The hosts have changed.
   *
   * @param hosts at least one
   * @param weight what each has of the load, against the others; 0 for nothing
   */
  void update(List<Host> hosts, ToDoubleFunction<Host> weight);

  /**
   * A host.
   *
   * @param attempt how many have been refused before
   */
  Host next(LoadBalancerContext context, int attempt);
}
