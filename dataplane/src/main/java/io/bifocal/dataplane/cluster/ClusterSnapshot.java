package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.balance.SubsetIndex;
import io.bifocal.dataplane.pool.PriorityBreakers;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as the workers get it; immutable but for the breakers, which are atomics.
 *
 * @param incarnation differs between two configurations under one name; updates of hosts keep it
 * @param filters what requests meet on their way to its connections; null for nothing of its own
 * @param subsets the hosts by what they are like; null where that does not matter
 * @param dropped where workers count requests that no host gets
 * @param original hosts that workers make themselves; null where they do not
 */
record ClusterSnapshot(
    long incarnation,
    ClusterConfig config,
    @Nullable UpstreamFilters filters,
    PriorityBreakers breakers,
    Hosts hosts,
    @Nullable SubsetIndex subsets,
    DroppedRequests dropped,
    @Nullable OriginalHosts original) {}
