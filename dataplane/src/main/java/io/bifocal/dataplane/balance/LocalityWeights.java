package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.balance.PriorityLoad.Share;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.Locality;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * What localities get of a share. Source: Envoy's documentation, "Locality weighted load
 * balancing".
 */
final class LocalityWeights {
  private LocalityWeights() {}

  /**
   * The weights of the localities that get anything. One that has lost more of its hosts than
   * overprovisioning makes up for has less than was configured.
   */
  static Map<Locality, Double> effective(HostSet set, Share share) {
    Map<Locality, Integer> configured = set.weights(share.priority());
    Map<Locality, Long> all =
        count(set.priorities().get(share.priority()), host -> !host.isExcluded());
    Map<Locality, Double> weights = new LinkedHashMap<>();
    count(share.hosts(), host -> true)
        .forEach(
            (locality, usable) -> {
              int weight = configured.getOrDefault(locality, 0);
              long hosts = all.getOrDefault(locality, usable);
              double carried =
                  Math.min(1, set.overprovisioningFactor() / 100.0 * usable / Math.max(1, hosts));
              if (weight * carried > 0) {
                weights.put(locality, weight * carried);
              }
            });
    return weights;
  }

  /** What a host has of the load where its locality's configured weight is shared by its hosts. */
  static ToDoubleFunction<Host> ofHosts(HostSet set, Share share) {
    Map<Locality, Integer> configured = set.weights(share.priority());
    Map<Locality, Long> sums = new LinkedHashMap<>();
    share.hosts().forEach(h -> sums.merge(h.locality(), (long) h.weight(), Long::sum));
    return host ->
        (double) configured.getOrDefault(host.locality(), 0)
            * host.weight()
            / sums.getOrDefault(host.locality(), 1L);
  }

  static List<Host> at(Locality where, List<Host> hosts) {
    return hosts.stream().filter(host -> host.locality().equals(where)).toList();
  }

  private static Map<Locality, Long> count(List<Host> hosts, Predicate<Host> which) {
    Map<Locality, Long> counts = new LinkedHashMap<>();
    for (Host host : hosts) {
      if (which.test(host)) {
        counts.merge(host.locality(), 1L, Long::sum);
      }
    }
    return counts;
  }
}
