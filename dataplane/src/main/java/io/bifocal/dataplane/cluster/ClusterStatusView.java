package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.host.HostSet;
import io.bifocal.dataplane.pool.PriorityBreakers;

/** What {@code /clusters} shows of a cluster. */
public record ClusterStatusView(
    ClusterConfig config, boolean addedViaApi, HostSet hosts, PriorityBreakers breakers) {}
