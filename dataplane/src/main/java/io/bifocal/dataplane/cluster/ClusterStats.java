package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.LbStats;
import io.bifocal.dataplane.balance.SubsetIndex;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.CircuitBreakers.Limit;
import io.bifocal.dataplane.pool.PriorityBreakers;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Listing;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import org.jspecify.annotations.Nullable;

/** What the control loop counts of one cluster: {@code cluster.<name>.*}. */
final class ClusterStats {
  private static final Listing LISTED =
      Listing.of(
          cluster -> {
            var unusedTraffic = new UpstreamStats(cluster, StatsStore.CONTROL);
            var unusedChoices = new LbStats(cluster, StatsStore.CONTROL);
          });

  final Counter updateEmpty;
  final Counter updateNoRebuild;
  final Counter membershipChange;
  final Counter assignmentStale;
  final Counter assignmentTimeoutReceived;
  final Counter assignmentUseCached;
  private final Gauge subsetsActive;
  private final Counter subsetsCreated;
  private final Counter subsetsRemoved;
  private final Gauge warmingState;
  private final Gauge total;
  private final Gauge healthy;
  private final Gauge degraded;
  private final Gauge excluded;
  private final Scope scope;
  private final @Nullable EndpointStats endpoints;

  /** What is counted of look-ups. */
  record Lookups(Counter attempt, Counter success, Counter failure, Counter noRebuild) {}

  /**
   * Statistics of a cluster.
   *
   * @param endpoints those of its endpoints; null where there are none
   */
  ClusterStats(Scope scope, @Nullable EndpointStats endpoints) {
    this.scope = scope;
    this.endpoints = endpoints;
    updateEmpty = scope.counter("update_empty");
    updateNoRebuild = scope.counter("update_no_rebuild");
    membershipChange = scope.counter("membership_change");
    assignmentStale = scope.counter("assignment_stale");
    assignmentTimeoutReceived = scope.counter("assignment_timeout_received");
    assignmentUseCached = scope.counter("assignment_use_cached");
    subsetsActive = scope.gauge("lb_subsets_active");
    subsetsCreated = scope.counter("lb_subsets_created");
    subsetsRemoved = scope.counter("lb_subsets_removed");
    warmingState = scope.gauge("warming_state");
    total = scope.gauge("membership_total");
    healthy = scope.gauge("membership_healthy");
    degraded = scope.gauge("membership_degraded");
    excluded = scope.gauge("membership_excluded");
    // What workers count is listed from the start, and not only when one first uses the cluster.
    scope.list(LISTED);
  }

  /** Where a cluster's statistics are. */
  static Scope scope(StatsStore store, ClusterConfig config) {
    return scope(store, statName(config.observabilityName()));
  }

  static Scope scope(StatsStore store, String statName) {
    return store.root().tagged("cluster", "envoy.cluster_name", statName);
  }

  /** A name as part of a statistic's name: Envoy writes its colons as underscores. */
  static String statName(String name) {
    return name.replace(':', '_');
  }

  Scope scope() {
    return scope;
  }

  Lookups lookups() {
    return new Lookups(
        scope.counter("update_attempt"),
        scope.counter("update_success"),
        scope.counter("update_failure"),
        updateNoRebuild);
  }

  /** There are other hosts than before. */
  void hosts(Hosts before, Hosts now) {
    membershipChange.add(now.changedPriorities(before));
    endpoints(before, now);
  }

  /** Those of endpoints that are gone are forgotten. */
  void endpoints(Hosts before, Hosts now) {
    if (endpoints != null) {
      endpoints.show(before, now);
    }
  }

  /** Hosts are divided otherwise than before, if they were. */
  void divided(@Nullable SubsetIndex before, SubsetIndex now) {
    SubsetIndex known = before == null ? SubsetIndex.EMPTY : before;
    int created = now.newSince(known);
    int removed = known.newSince(now);
    subsetsCreated.add(created);
    subsetsRemoved.add(removed);
    subsetsActive.add(created - removed);
    scope.gauge("lb_subsets_single_host_per_subset_duplicate").set(now.duplicates());
  }

  void warming(boolean warming) {
    warmingState.set(warming ? 1 : 0);
  }

  /** The gauges tell of these from now on: of the copy of the cluster that is in use. */
  void show(Hosts hosts, PriorityBreakers breakers) {
    int healthyHosts = 0;
    int degradedHosts = 0;
    int excludedHosts = 0;
    for (Host host : hosts.byPrimary().values()) {
      switch (host.health()) {
        case HEALTHY -> healthyHosts++;
        case DEGRADED -> degradedHosts++;
        case UNHEALTHY -> excludedHosts += host.edsHealth() == HealthStatus.DRAINING ? 1 : 0;
      }
    }
    total.set(hosts.total());
    healthy.set(healthyHosts);
    degraded.set(degradedHosts);
    excluded.set(excludedHosts);
    show(scope.scope("circuit_breakers.default"), breakers.normal());
    show(scope.scope("circuit_breakers.high"), breakers.high());
  }

  private static void show(Scope to, CircuitBreakers limits) {
    boolean remaining = limits.thresholds().trackRemaining();
    show(to, "cx_open", remaining ? "remaining_cx" : "", limits.connections());
    show(to, "rq_pending_open", remaining ? "remaining_pending" : "", limits.pendingRequests());
    show(to, "rq_open", remaining ? "remaining_rq" : "", limits.requests());
    boolean counted = remaining && limits.thresholds().retryBudget() == null;
    show(to, "rq_retry_open", counted ? "remaining_retries" : "", limits.retries());
    show(to, "cx_pool_open", remaining ? "remaining_cx_pools" : "", limits.pools());
  }

  // As Envoy's: what nobody has taken is not open, even where nothing may be taken.
  private static void show(Scope to, String open, String remaining, Limit limit) {
    to.gauge(open).read(() -> limit.inUse() > 0 && limit.inUse() >= limit.max() ? 1 : 0);
    if (!remaining.isEmpty()) {
      to.gauge(remaining).read(() -> Math.max(0, limit.max() - limit.inUse()));
    }
  }
}
