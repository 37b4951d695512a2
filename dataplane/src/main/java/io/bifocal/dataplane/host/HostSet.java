package io.bifocal.dataplane.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The hosts of a cluster by priority, the most preferred first; immutable.
 *
 * @param priorities one list a priority; a list may be empty
 * @param overprovisioningFactor in percent; Envoy's default is 140
 * @param weightedHealth whether a priority's health is that of its hosts by their weights ({@code
 *     weighted_priority_health}), and not by their number
 * @param localityWeights {@code load_balancing_weight} of each locality that has one, by priority;
 *     as many as there are priorities, or none when there are no weights to be heeded
 */
public record HostSet(
    List<List<Host>> priorities,
    int overprovisioningFactor,
    boolean weightedHealth,
    List<Map<Locality, Integer>> localityWeights) {
  public static final HostSet EMPTY = new HostSet(List.of(), 140);

  public HostSet {
    priorities = priorities.stream().map(List::copyOf).toList();
    localityWeights = localityWeights.stream().map(Map::copyOf).toList();
  }

  /** Without weights. */
  public HostSet(List<List<Host>> priorities, int overprovisioningFactor) {
    this(priorities, overprovisioningFactor, false, List.of());
  }

  public List<Host> all() {
    return priorities.stream().flatMap(List::stream).toList();
  }

  /** The localities' weights at a priority. */
  public Map<Locality, Integer> weights(int priority) {
    return priority < localityWeights.size() ? localityWeights.get(priority) : Map.of();
  }

  /** Some of these hosts, with all else as it is. */
  public HostSet with(List<List<Host>> some) {
    return new HostSet(some, overprovisioningFactor, weightedHealth, localityWeights);
  }

  /** The same without the localities' weights. */
  public HostSet unweighted() {
    return localityWeights.isEmpty()
        ? this
        : new HostSet(priorities, overprovisioningFactor, weightedHealth, List.of());
  }

  /**
   * The same, each locality with the part of its weight that it has of its hosts in {@code all}.
   */
  public HostSet scaledFrom(HostSet all) {
    List<Map<Locality, Integer>> scaled = new ArrayList<>();
    for (int priority = 0; priority < localityWeights.size(); priority++) {
      Map<Locality, Long> before = count(all.priorities.get(priority));
      Map<Locality, Long> now = count(priorities.get(priority));
      Map<Locality, Integer> weights = new HashMap<>();
      localityWeights
          .get(priority)
          .forEach(
              (locality, weight) -> {
                long hosts = before.getOrDefault(locality, 0L);
                long kept = now.getOrDefault(locality, 0L);
                weights.put(
                    locality, hosts == 0 ? 0 : (int) Math.round((double) weight * kept / hosts));
              });
      scaled.add(weights);
    }
    return new HostSet(priorities, overprovisioningFactor, weightedHealth, scaled);
  }

  private static Map<Locality, Long> count(List<Host> hosts) {
    Map<Locality, Long> counts = new HashMap<>();
    hosts.forEach(host -> counts.merge(host.locality(), 1L, Long::sum));
    return counts;
  }
}
