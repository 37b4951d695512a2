package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.host.HostState;
import io.bifocal.dataplane.host.ReportedWeight;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The weights that follow from what hosts report, worked out anew from time to time. A host that
 * has not reported for long enough, or not for too long, has the median of its priority. Source:
 * Envoy's {@code OrcaWeightManager}.
 */
final class ReportedWeights {
  private final Policy.ByReports policy;
  private final LongSupplier nanoTime;
  private HostSet hosts = HostSet.EMPTY;
  private Map<HostState, Double> weights = Map.of();
  private long worked;
  private int version;

  ReportedWeights(Policy.ByReports policy, LongSupplier nanoTime) {
    this.policy = policy;
    this.nanoTime = nanoTime;
  }

  /** The hosts are these. */
  void update(HostSet changed) {
    hosts = changed;
    workOut(nanoTime.getAsLong());
  }

  /** Changes with the weights. */
  int version() {
    long now = nanoTime.getAsLong();
    if (now - worked >= policy.update().toNanos()) {
      workOut(now);
    }
    return version;
  }

  double of(Host host) {
    Double known = weights.get(host.state());
    return known == null ? 1 : known;
  }

  private void workOut(long now) {
    worked = now;
    Map<HostState, Double> next = new HashMap<>();
    for (List<Host> priority : hosts.priorities()) {
      workOut(priority, now, next);
    }
    if (!next.equals(weights)) {
      weights = next;
      version++;
    }
  }

  private void workOut(List<Host> priority, long now, Map<HostState, Double> to) {
    List<Double> valid = new ArrayList<>();
    for (Host host : priority) {
      ReportedWeight reported = host.state().reported();
      if (reported != null
          && now - reported.since() >= policy.blackout().toNanos()
          && now - reported.at() <= policy.expiration().toNanos()) {
        valid.add(reported.weight());
        to.put(host.state(), reported.weight());
      }
    }
    if (valid.isEmpty()) {
      return; // they are all alike
    }
    double otherwise = median(valid);
    for (Host host : priority) {
      to.putIfAbsent(host.state(), otherwise);
    }
  }

  private static double median(List<Double> weights) {
    Collections.sort(weights);
    int middle = weights.size() / 2;
    return weights.size() % 2 == 1
        ? weights.get(middle)
        : (weights.get(middle - 1) + weights.get(middle)) / 2;
  }
}
