package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.ToDoubleFunction;

/**
 * Earliest deadline first: a host of weight w is due every 1/w, so that turns are in proportion to
 * the weights and evenly spread.
 */
final class Edf {
  private record Due(Host host, double deadline, long order) {}

  private final ToDoubleFunction<Host> weight;
  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(Comparator.comparingDouble(Due::deadline).thenComparingLong(Due::order));
  private double now;
  private long order;

  Edf(ToDoubleFunction<Host> weight) {
    this.weight = weight;
  }

  /** Takes over a new list; who was in the old one keeps its turn. */
  void update(List<Host> hosts) {
    Map<HostState, Due> kept = new HashMap<>();
    queue.forEach(due -> kept.put(due.host().state(), due));
    queue.clear();
    for (Host host : hosts) {
      Due before = kept.get(host.state());
      double fresh = now + 1 / weight.applyAsDouble(host);
      queue.add(
          before == null || before.deadline() > fresh
              ? new Due(host, fresh, order++)
              : new Due(host, before.deadline(), before.order()));
    }
  }

  /** The host whose turn it is; there must be one. */
  Host next() {
    Due due = queue.remove();
    now = due.deadline();
    queue.add(new Due(due.host(), now + 1 / weight.applyAsDouble(due.host()), order++));
    return due.host();
  }
}
