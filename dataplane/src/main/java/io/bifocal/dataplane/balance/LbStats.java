package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;

/**
 * One worker's cells of what is counted of choices by zone and by subset: {@code
 * cluster.<name>.lb_*}.
 */
public final class LbStats {
  /** That nobody reads, for where nothing of this is counted. */
  public static final LbStats NONE = new LbStats(new StatsStore(0).unlisted(), StatsStore.CONTROL);

  final Cell subsetsSelected;
  final Cell subsetsFallback;
  final Cell subsetsFallbackPanic;
  final Cell localClusterNotOk;
  final Cell recalculateZoneStructures;
  final Cell zoneClusterTooSmall;
  final Cell zoneNoCapacityLeft;
  final Cell zoneRoutingAllDirectly;
  final Cell zoneRoutingSampled;
  final Cell zoneRoutingCrossZone;

  public LbStats(Scope cluster, int shard) {
    subsetsSelected = cluster.counter("lb_subsets_selected").at(shard);
    subsetsFallback = cluster.counter("lb_subsets_fallback").at(shard);
    subsetsFallbackPanic = cluster.counter("lb_subsets_fallback_panic").at(shard);
    localClusterNotOk = cluster.counter("lb_local_cluster_not_ok").at(shard);
    recalculateZoneStructures = cluster.counter("lb_recalculate_zone_structures").at(shard);
    zoneClusterTooSmall = cluster.counter("lb_zone_cluster_too_small").at(shard);
    zoneNoCapacityLeft = cluster.counter("lb_zone_no_capacity_left").at(shard);
    zoneRoutingAllDirectly = cluster.counter("lb_zone_routing_all_directly").at(shard);
    zoneRoutingSampled = cluster.counter("lb_zone_routing_sampled").at(shard);
    zoneRoutingCrossZone = cluster.counter("lb_zone_routing_cross_zone").at(shard);
    var unused = cluster.counter("lb_zone_number_differs"); // Envoy lists it, and never counts
  }
}
