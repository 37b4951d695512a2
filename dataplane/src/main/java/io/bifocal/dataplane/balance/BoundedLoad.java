package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A table whose hosts are passed by while they have too much to do: then others come in an order
 * that the hash decides. Source: Envoy's {@code BoundedLoadHashingLoadBalancer}, after "Consistent
 * Hashing with Bounded Loads" and "Revisiting Consistent Hashing with Bounded Loads".
 */
final class BoundedLoad implements HashTable {
  private final HashTable table;
  private final List<Host> hosts;
  private final int factor;
  private final Map<HostState, Double> weights = new HashMap<>();

  BoundedLoad(HashTable table, List<Host> hosts, ToDoubleFunction<Host> weight, int factor) {
    this.table = table;
    this.hosts = hosts;
    this.factor = factor;
    double sum = hosts.stream().mapToDouble(weight).sum();
    hosts.forEach(host -> weights.put(host.state(), weight.applyAsDouble(host) / sum));
  }

  @Override
  public Host find(long hash, int attempt) {
    Host first = table.find(hash, attempt);
    long all = 0;
    for (int i = 0; i < hosts.size(); i++) {
      all += active(hosts.get(i));
    }
    double least = overload(first, all);
    if (least <= 1) {
      return first;
    }
    Host best = first;
    int[] order = new int[hosts.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    MersenneTwister random = new MersenneTwister((int) hash);
    for (int i = 0; i < order.length; i++) {
      int j = i + random.below(order.length - i);
      int next = order[j];
      order[j] = order[i];
      order[i] = next;
      Host other = hosts.get(next);
      if (other.state() == first.state()) {
        continue;
      }
      double load = overload(other, all);
      if (load <= 1) {
        return other;
      }
      if (load < least) {
        least = load;
        best = other;
      }
    }
    return best;
  }

  @Override
  public TableShape shape() {
    return table.shape();
  }

  private static long active(Host host) {
    return host.counted().rqActive().value();
  }

  private double overload(Host host, long all) {
    long slots = ((all + 1) * factor + 99) / 100;
    double own = Math.max(1, Math.ceil(slots * weights.getOrDefault(host.state(), 0.0)));
    return active(host) / own;
  }
}
